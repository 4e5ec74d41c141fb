#include <sluice/testing/run_batches.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/dstream/union.hpp>
#include <sluice/output/foreach_batch.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Batch, sluice::foreachBatch, sluice::map;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
constexpr sluice::Identity asIs{};
const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
} // namespace

TEST_CASE("runBatches gives one batch for each batch that it was given", "[testing][runBatches]")
{
    const Batches<int> in{{1, 2}, {}, {3}};
    CHECK(runBatches(in, asIs).batches == in);
    CHECK(runBatches(Batches<int>{}, asIs).batches.empty());
    CHECK_FALSE(runBatches(in, asIs).failure);
}

TEST_CASE("runBatches cuts batches into as many partitions as it was told", "[testing][runBatches]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5}}, asIs, {.partitions = n});
        CHECK(out.batches == Batches<int>{{1, 2, 3, 4, 5}});
        REQUIRE(out.kept.size() == 1);
        CHECK(out.kept[0].partitions().size() == n);
        std::size_t most = 0;
        for (const auto& partition : out.kept[0].partitions()) {
            most = std::max(most, partition.size());
        }
        CHECK(most == (5 + n - 1) / n);
    }
}

TEST_CASE("batches of runBatches are an interval apart, the first one interval after the start",
    "[testing][runBatches]")
{
    const auto out = runBatches(Batches<int>{{1}, {2}, {3}}, asIs);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(out.kept[i].time() == sluice::Time{(static_cast<int>(i) + 1) * 1s});
        CHECK(out.kept[i].metadata().index == i);
        CHECK(out.kept[i].metadata().inputRecords == 1);
    }
}

TEST_CASE("runBatches gives the same in every order of handlers", "[testing][runBatches]")
{
    const Batches<int> in{{1, 2, 3}, {4}, {}, {5, 6}};
    const auto pipeline = map([](int x) {
        return std::pair{x % 2, x};
    }) | sluice::reduceByKey(std::plus{}) |
                          map([](const auto& pair) { return pair.second; });
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        const sluice::testing::RunOptions options{.partitions = 3, .parallelism = 3, .seed = seed};
        CHECK(runBatches(in, pipeline, options).batches ==
              runBatches(in, pipeline, {.partitions = 3, .parallelism = 3}).batches);
    }
}

TEST_CASE("runBatches says how a run failed and what came before", "[testing][runBatches][errors]")
{
    const auto out = runBatches(Batches<int>{{1}, {2}, {3, 13}, {4}}, fussy, {.partitions = 2});
    CHECK(out.batches == Batches<int>{{1}, {2}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
    CHECK(out.failure->batchIndex == 2);
    CHECK(out.failure->partition == 1);
    CHECK(out.failure->message.find("13") != std::string::npos);
}

TEST_CASE("runBatches goes on behind a failed batch when told to", "[testing][runBatches][errors]")
{
    const auto out = runBatches(
        Batches<int>{{1}, {13}, {4}}, fussy, {.onBatchFailure = sluice::OnBatchFailure::proceed});
    CHECK(out.batches == Batches<int>{{1}, {4}});
    CHECK_FALSE(out.failure);
}

TEST_CASE("what runBatches keeps can be read for as long as one likes", "[testing][runBatches]")
{
    std::vector<Batch<std::string_view>> kept;
    {
        auto out =
            runBatches(Batches<int>{{1, 2}, {3}}, map([buffer = std::string{}](int x) mutable {
                buffer = std::string(40, static_cast<char>('a' + x));
                return std::string_view{buffer};
            }));
        kept = std::move(out.kept);
    }
    CHECK(*kept.at(1).begin() == std::string(40, 'd'));
}

TEST_CASE("runBatches takes a function of several streams", "[testing][runBatches]")
{
    // [example]
    const Batches<int> left{{1, 2}, {3}};
    const Batches<int> right{{10}, {}, {30}};
    const auto out = runBatches(left, right, [](auto a, auto b) { return a | sluice::union_(b); });
    CHECK(out.batches == Batches<int>{{1, 2, 10}, {3}, {30}});
    // [example]
    const auto four = runBatches(left, right, left, Batches<int>{{7}},
        [](auto a, auto b, auto c, auto d) { return a | sluice::union_(b, c, d); },
        {.partitions = 2});
    CHECK(four.batches == Batches<int>{{1, 2, 10, 1, 2, 7}, {3, 3}, {30}});
    CHECK(four.kept.at(0).partitions().size() == 8);
}

TEST_CASE("runBatches looks at each of several streams that come out", "[testing][runBatches]")
{
    const auto [evens, odds] =
        runBatches(Batches<int>{{1, 2, 3}, {4}}, [](const sluice::DStream<int>& numbers) {
            return std::pair{numbers | sluice::filter([](int x) { return x % 2 == 0; }),
                numbers | sluice::filter([](int x) { return x % 2 != 0; }) |
                    map([](int x) { return std::to_string(x); })};
        });
    CHECK(evens.batches == Batches<int>{{2}, {4}});
    CHECK(odds.batches == Batches<std::string>{{"1", "3"}, {}});
    CHECK_FALSE(odds.failure);
}

TEST_CASE("runBatches runs outputs of a function's own", "[testing][runBatches]")
{
    int records = 0;
    const auto outcome = runBatches(Batches<int>{{1, 2}, {3}}, [&](const auto& numbers) {
        numbers | fussy | foreachBatch([&](const Batch<int>& batch) {
            records += static_cast<int>(batch.size());
        });
    });
    CHECK(records == 3);
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.metrics.batchesCompleted == 2);
}

TEST_CASE("a clock that jumps changes nothing in what comes out", "[testing][runBatches]")
{
    const Batches<int> in{{1}, {2, 3}, {}, {4}, {5}};
    for (const std::size_t jump : {1U, 2U, 5U, 7U}) {
        CAPTURE(jump);
        const auto out = runBatches(in, asIs, {.jump = jump});
        CHECK(out.batches == in);
        REQUIRE(out.kept.size() == 5);
        CHECK(out.kept.at(3).time() == sluice::Time{4s});
    }
}

TEST_CASE(
    "options with which runBatches would run nothing are refused", "[testing][runBatches][errors]")
{
    const Batches<int> in{{1}, {}};
    CHECK_THROWS_WITH(runBatches(in, asIs, {.partitions = 0}),
        "sluice: runBatches: 0 partitions given, must be 1 to 1048576");
    CHECK_THROWS_WITH(runBatches(in, asIs, {.parallelism = 0}),
        "sluice: runBatches: parallelism 0 given, must be at least 1");
    CHECK_THROWS_WITH(
        runBatches(in, asIs, {.jump = 0}), "sluice: runBatches: jump 0 given, must be at least 1");
    CHECK(runBatches(Batches<int>{{}}, asIs, {.partitions = 0}).batches == Batches<int>{{}});
}
