#include <sluice/dstream/shuffle/reduce.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::evaluate, sluice::filter, sluice::map, sluice::reduce;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
const auto sum = reduce(std::plus{});

// What reduce takes and what it refuses, settled while compiling.
using Sum = decltype(reduce(std::plus{}));
static_assert(Accepts<Sum, int>);
static_assert(Accepts<Sum, std::string>);
static_assert(!Accepts<Sum, std::vector<int>>);     // nothing adds vectors
static_assert(!Accepts<Sum, std::unique_ptr<int>>); // nor pointers
static_assert(!Accepts<decltype(reduce([](int, int) {})), int>);
static_assert(!Accepts<decltype(reduce([](auto a, auto) { return a; })), std::string_view>);

std::vector<long> randomNumbers(unsigned seed, std::size_t count)
{
    std::mt19937 random{seed};
    std::vector<long> numbers(count);
    for (auto& number : numbers) {
        number = static_cast<long>(random() % 1000);
    }
    return numbers;
}
} // namespace

TEST_CASE("reduce makes one record of all records of a batch", "[dstream][reduce]")
{
    // [example]
    auto highest = evaluate(reduce([](int a, int b) { return std::max(a, b); }), {12, 40, 17});
    CHECK(highest == std::vector{40});
    // [example]
}

TEST_CASE("reduce answers an empty batch with an empty batch", "[dstream][reduce]")
{
    for (const std::size_t n : {0U, 1U, 3U}) {
        const auto out = runBatches(Batches<int>{{}, {4}}, sum, {.partitions = n == 0 ? 1 : n});
        CHECK(out.batches == Batches<int>{{}, {4}});
    }
    CHECK(runBatches(Batches<int>{{}}, sum, {.partitions = 0}).batches == Batches<int>{{}});
    CHECK(runBatches(Batches<int>{{1, 2}}, filter([](int) { return false; }) | sum).batches ==
          Batches<int>{{}});
}

TEST_CASE("the result of reduce has one partition", "[dstream][reduce]")
{
    const auto out = runBatches(Batches<int>{{1, 2, 3}, {}}, sum, {.partitions = 3});
    for (const auto& batch : out.kept) {
        CHECK(batch.partitions().size() == 1);
    }
}

TEST_CASE("reduce joins partial results in the order of the partitions", "[dstream][reduce]")
{
    const Batches<std::string> in{{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}};
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const auto out = runBatches(in, sum, {.partitions = n, .parallelism = n, .seed = seed});
            CHECK(out.batches == Batches<std::string>{{"abcdefghijk"}});
        }
    }
}

TEST_CASE("reduce agrees with a loop over random batches", "[dstream][reduce]")
{
    for (const unsigned seed : {1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const Batches<long> in{randomNumbers(seed, 100), randomNumbers(seed + 10, 30'000)};
            const auto out = runBatches(in, sum, {.partitions = n, .parallelism = n, .seed = seed});
            CHECK(out.batches == Batches<long>{{std::accumulate(in[0].begin(), in[0].end(), 0L)},
                                     {std::accumulate(in[1].begin(), in[1].end(), 0L)}});
        }
    }
}

TEST_CASE(
    "reduce is a homomorphism: a linear map before it may as well come behind", "[dstream][reduce]")
{
    const auto triple = map([](long x) { return 3 * x; });
    for (const unsigned seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<long> in{randomNumbers(seed, 1'000)};
        CHECK(runBatches(in, triple | sum, {.partitions = 3}).batches ==
              runBatches(in, sum | triple, {.partitions = 3}).batches);
    }
}

TEST_CASE("reduce takes functions with state", "[dstream][reduce]")
{
    const std::string separator = ", ";
    const auto joined = reduce(
        [separator](std::string a, const std::string& b) { return std::move(a) + separator + b; });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        const auto out = runBatches(
            Batches<std::string>{{"x", "y", "z"}}, joined, {.partitions = n, .parallelism = n});
        CHECK(out.batches == Batches<std::string>{{"x, y, z"}});
    }
    CHECK(evaluate(joined, std::vector<std::string>{"x", "y"}) == std::vector<std::string>{"x, y"});
    CHECK(runBatches(Batches<short>{{short{1}, short{2}}}, sum).batches ==
          Batches<short>{{short{3}}});
}

TEST_CASE("a throwing reduce function ends the run and says where", "[dstream][reduce][errors]")
{
    const auto fussy =
        reduce([](int a, int b) { return b == 13 ? throw std::domain_error{"13!"} : a + b; });
    const auto out = runBatches(Batches<int>{{1, 2}, {1, 2, 3, 13}, {1}}, fussy, {.partitions = 2});
    CHECK(out.batches == Batches<int>{{3}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "reduce");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 1);
    CHECK(out.failure->message ==
          "sluice: reduce failed in batch 2000 ms, partition 1, after 1 attempt: 13!");
}

TEST_CASE(
    "a reduce function that throws at first succeeds when tried again", "[dstream][reduce][errors]")
{
    for (const std::size_t n : {1U, 2U, 8U}) {
        for (const int failures : {1, 2, 3}) {
            CAPTURE(n, failures);
            const auto left = std::make_shared<int>(failures);
            const auto shaky = reduce([left](int a, int b) {
                if (*left > 0 && --*left >= 0) { throw std::runtime_error{"not yet"}; }
                return a + b;
            });
            const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5, 6, 7, 8}, {1, 1}}, shaky,
                {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
            CHECK_FALSE(out.failure);
            CHECK(out.batches == Batches<int>{{36}, {2}});
        }
    }
}

TEST_CASE("reduce gives the same on real threads", "[dstream][reduce][parallel]")
{
    constexpr std::size_t batches = 20;
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    sluice::BatchQueue<long> queue;
    std::vector<long> expected;
    for (unsigned i = 0; i < batches; ++i) {
        const auto numbers = randomNumbers(i, 20'000);
        expected.push_back(std::accumulate(numbers.begin(), numbers.end(), 0L));
        queue.pushPartitions(sluice::testing::detail::cutInto(numbers, 16));
    }
    std::vector<long> seen;
    context.queueStream(queue) | sum | sluice::foreachBatch([&](const Batch<long>& batch) {
        if (seen.size() < batches) { seen.insert(seen.end(), batch.begin(), batch.end()); }
        if (seen.size() == batches) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}
