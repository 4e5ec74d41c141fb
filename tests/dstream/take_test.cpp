#include <sluice/dstream/take.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::map, sluice::take;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;

namespace {
static_assert(Accepts<sluice::Take, int>);
static_assert(Accepts<sluice::Take, std::unique_ptr<int>>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
} // namespace

TEST_CASE("take of a finite range is its beginning", "[dstream][take]")
{
    // [example]
    CHECK(
        evaluate(filter([](int x) { return x > 1; }) | take(2), {1, 2, 3, 4}) == std::vector{2, 3});
    // [example]
    CHECK(evaluate(take(0), {1, 2}).empty());
    CHECK_THROWS_WITH(
        take(static_cast<std::size_t>(-1)), "sluice: take(n): -1 given, must not be negative");
    CHECK(evaluate(take(2), std::vector<int>{}).empty());
    CHECK(evaluate(take(3) | take(2) | take(5), {1, 2, 3, 4}) == std::vector{1, 2});
}

TEST_CASE(
    "take gives the first records of each batch at any parallelism", "[dstream][take][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        for (const std::size_t count : {0U, 1U, 5U, 1000U}) {
            CAPTURE(n, count);
            const Batches<int> in{random.numbers(), {}, random.numbers()};
            const sluice::testing::RunOptions options{.partitions = n, .parallelism = n};
            const auto plain = runBatches(in, take(count), options).batches;
            const auto chained = runBatches(in, filter(isOdd) | take(count), options).batches;
            const auto odd = runBatches(in, filter(isOdd)).batches;
            REQUIRE(plain.size() == in.size());
            for (std::size_t i = 0; i < in.size(); ++i) {
                CHECK(plain[i] == evaluate(take(count), in[i]));
                CHECK(chained[i] == evaluate(take(count), odd[i]));
                CHECK(plain[i].size() == std::min(count, in[i].size()));
            }
        }
    }
}

TEST_CASE("take behind a source copies no record and lists no partition that it does not need",
    "[dstream][take]")
{
    TestEngine engine{{}};
    sluice::BatchQueue<int> queue;
    queue.pushPartitions({{1, 2}, {}, {3, 4}, {5}});
    const auto ints = sluice::queueStream(engine.runtime(), queue);
    std::vector<const int*> places;
    std::vector<std::size_t> sizes;
    ints | sluice::foreachBatch([&](const auto& batch) {
        for (const auto& partition : batch.partitions()) {
            places.push_back(partition.records().data());
        }
    });
    ints | take(3) | sluice::foreachBatch([&](const auto& batch) {
        for (std::size_t i = 0; i < batch.partitions().size(); ++i) {
            CHECK(batch.partitions()[i].records().data() == places[i]);
            sizes.push_back(batch.partitions()[i].size());
        }
    });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(sizes == std::vector<std::size_t>{2, 0, 1});
}

TEST_CASE("take keeps what a chain made and that can only be moved", "[dstream][take]")
{
    const auto boxed = map([](int x) { return std::make_unique<int>(x); });
    const auto unboxed = map([](const std::unique_ptr<int>& box) { return *box; });
    CHECK(runBatches(Batches<int>{{1, 2, 3}}, boxed | take(2) | unboxed).batches ==
          Batches<int>{{1, 2}});
}

TEST_CASE("views among the records taken stay good", "[dstream][take][dangling]")
{
    const Batches<std::string> in{{"to be or", "not " + std::string(40, 'x')}};
    const auto unknown = sluice::flatMap([](std::string_view text) { return sluice::words(text); });
    const Batches<std::string_view> expected{{"to", "be", "or", "not"}};
    CHECK(runBatches(in, unknown | take(4), {.partitions = 2}).batches == expected);
    CHECK(runBatches(in, sluice::flatMap(sluice::words) | take(4)).batches == expected);
}

TEST_CASE("a function that throws behind the last record taken fails the batch all the same",
    "[dstream][take][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1, 2}, {3, 13}}, fussy | take(1));
    CHECK(out.batches == Batches<int>{{1}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
}
