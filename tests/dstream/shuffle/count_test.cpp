#include <sluice/dstream/shuffle/count.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::count, sluice::evaluate, sluice::filter, sluice::flatMap;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
using Numbers = Batches<std::int64_t>;

static_assert(Accepts<decltype(count()), int>);
static_assert(Accepts<decltype(count()), std::unique_ptr<int>>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto thatOften = [](int x) { return std::vector<int>(static_cast<std::size_t>(x), x); };
} // namespace

TEST_CASE("count says how many records a batch has", "[dstream][count]")
{
    // [example]
    auto odd = evaluate(filter([](int x) { return x % 2 != 0; }) | count(), {1, 2, 3});
    CHECK(odd == std::vector<std::int64_t>{2});
    // [example]
}

TEST_CASE("count answers an empty batch with one record, 0", "[dstream][count]")
{
    for (const std::size_t n : {0U, 1U, 3U}) {
        const auto out = runBatches(Batches<int>{{}, {}}, count(), {.partitions = n});
        CHECK(out.batches == Numbers{{0}, {0}});
        CHECK(out.kept[0].partitions().size() == 1);
    }
}

TEST_CASE("count counts what the chain before it lets through", "[dstream][count]")
{
    const Batches<int> in{{1, 2, 3}, {4}};
    CHECK(runBatches(in, filter(isOdd) | count()).batches == Numbers{{2}, {0}});
    CHECK(runBatches(in, flatMap(thatOften) | count()).batches == Numbers{{6}, {4}});
    CHECK(runBatches(in, count() | count()).batches == Numbers{{1}, {1}});
}

TEST_CASE("count is the same at any parallelism and in any order", "[dstream][count]")
{
    for (const unsigned seed : {0U, 1U, 2U, 3U}) {
        std::mt19937 random{seed};
        std::vector<int> records(20'000);
        for (auto& record : records) {
            record = static_cast<int>(random() % 10);
        }
        const auto odd = std::ranges::count_if(records, isOdd);
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const auto out = runBatches(Batches<int>{records}, filter(isOdd) | count(),
                {.partitions = n, .parallelism = n, .seed = seed});
            CHECK(out.batches == Numbers{{odd}});
        }
    }
}

TEST_CASE(
    "a function that throws before count ends the run and says where", "[dstream][count][errors]")
{
    const auto fussy = filter([](int x) { return x == 13 ? throw std::domain_error{"13"} : true; });
    const auto out = runBatches(Batches<int>{{1}, {2, 13}}, fussy | count(), {.partitions = 2});
    CHECK(out.batches == Numbers{{1}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "filter");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 1);
}

TEST_CASE("a task that is tried again counts no record twice", "[dstream][count][errors]")
{
    for (const std::size_t n : {1U, 2U, 8U}) {
        CAPTURE(n);
        const auto left = std::make_shared<int>(3);
        const auto shaky = filter([left](int x) {
            if (x == 6 && *left > 0 && --*left >= 0) { throw std::runtime_error{"not yet"}; }
            return true;
        });
        const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5, 6, 7, 8}}, shaky | count(),
            {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
        CHECK_FALSE(out.failure);
        CHECK(out.batches == Numbers{{8}});
    }
}

TEST_CASE("count is right on real threads", "[dstream][count][parallel]")
{
    std::size_t batches = 0;
    std::vector<std::int64_t> seen;
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    sluice::BatchQueue<int> queue;
    for (int i = 0; i < 30; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>(16, std::vector<int>(1'000, i)));
    }
    context.queueStream(queue) | filter(isOdd) | count() |
        sluice::foreachBatch([&](const sluice::Batch<std::int64_t>& batch) {
            if (batches++ < 30) { seen.push_back(*batch.begin()); }
            if (batches == 30) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    REQUIRE(seen.size() == 30);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        CHECK(seen[i] == (i % 2 == 0 ? 0 : 16'000));
    }
}
