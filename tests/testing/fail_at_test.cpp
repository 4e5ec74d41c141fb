#include <sluice/testing/fail_at.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/partition_by.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::map, sluice::tap;
using sluice::testing::always, sluice::testing::Batches, sluice::testing::failAt;
using sluice::testing::runBatches, sluice::testing::RunOptions;

namespace {
const auto twice = map([](int x) { return 2 * x; });

struct Counted {
    std::shared_ptr<std::vector<int>> seen = std::make_shared<std::vector<int>>();

    auto operator()() const
    {
        return tap([seen = seen](int x) { seen->push_back(x); });
    }
};
} // namespace

TEST_CASE(
    "a task that fails less often than it may gives the batch all the same", "[testing][failAt]")
{
    const Batches<std::pair<std::string, int>> sales{
        {{"ann", 2}, {"bob", 1}}, {{"ann", 3}, {"ann", 4}}};
    // [example]
    const auto totals =
        failAt({.batch = 1, .partition = 0, .times = 2}) | sluice::reduceByKey(std::plus{});
    const auto out = runBatches(sales, totals, {.maxTaskFailures = 3});
    CHECK(out.batches.at(1) == std::vector<std::pair<std::string, int>>{{"ann", 7}});
    // [example]
    CHECK_FALSE(out.failure);
    CHECK(out.batches.size() == 2);
}

TEST_CASE("a task that fails as often as it may fails its batch, and says where",
    "[testing][failAt][errors]")
{
    const Batches<int> in{{1, 2, 3, 4}, {5, 6, 7, 8}, {9}};
    for (const unsigned times : {2U, 3U, always}) {
        CAPTURE(times);
        const auto out = runBatches(in,
            failAt({.batch = 1, .partition = 1, .times = times, .message = "the disk is gone"}) |
                twice,
            {.partitions = 2, .maxTaskFailures = 2});
        CHECK(out.batches == Batches<int>{{2, 4, 6, 8}});
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == "failAt");
        CHECK(out.failure->batchIndex == 1);
        CHECK(out.failure->partition == 1);
        CHECK(out.failure->message.find("the disk is gone") != std::string::npos);
    }
}

TEST_CASE("what is behind failAt is run again from the start of the partition, and what is before "
          "it is not",
    "[testing][failAt]")
{
    const Counted before;
    const Counted behind;
    const auto out = runBatches(Batches<int>{{1, 2, 3, 4}},
        before() | failAt({.partition = 1, .record = 1, .times = 2}) | behind(),
        {.partitions = 2, .maxTaskFailures = 3});
    CHECK(out.batches == Batches<int>{{1, 2, 3, 4}});
    CHECK(*before.seen == std::vector{1, 2, 3, 4});
    // One task works on both partitions, and begins anew with its first.
    CHECK(std::ranges::count(*behind.seen, 3) == 3);
    CHECK(std::ranges::count(*behind.seen, 4) == 1);
    std::size_t retries = 0;
    for (const auto& stage : out.metrics.operators) {
        retries += stage.retries;
    }
    CHECK(retries == 2);
}

TEST_CASE("several failures in a row fail the same stage", "[testing][failAt]")
{
    const Counted behind;
    const auto out = runBatches(Batches<int>{{1}, {2}, {3}},
        failAt({.batch = 0}) | failAt({.batch = 2, .times = 2}) | failAt({.batch = 2}) | behind(),
        {.maxTaskFailures = 4});
    CHECK(out.batches == Batches<int>{{1}, {2}, {3}});
    CHECK_FALSE(out.failure);
    std::size_t tries = 0;
    for (const auto& stage : out.metrics.operators) {
        tries += stage.retries;
    }
    CHECK(tries == 4);
    CHECK(*behind.seen == std::vector{1, 2, 3}); // all failed before they came so far
}

TEST_CASE(
    "a pipeline with failAt counts anew for each stream that it is applied to", "[testing][failAt]")
{
    const auto pipeline = failAt({.times = 2}) | twice | sluice::cache() | twice;
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const RunOptions options{.partitions = 1, .parallelism = n, .maxTaskFailures = 3};
        CHECK(runBatches(Batches<int>{{1, 2}}, pipeline, options).batches == Batches<int>{{4, 8}});
        CHECK(runBatches(Batches<int>{{1, 2}}, pipeline, {.maxTaskFailures = 2}).failure);
    }
}

TEST_CASE("a failure at a record that is not there is no failure that was tested",
    "[testing][failAt][errors]")
{
    const Batches<int> in{{1}, {}, {3}};
    for (const auto& point : {sluice::testing::FailurePoint{.batch = 1},
             sluice::testing::FailurePoint{.batch = 0, .partition = 1},
             sluice::testing::FailurePoint{.batch = 2, .record = 1}}) {
        const auto out = runBatches(in, failAt(point) | twice, {.maxTaskFailures = 4});
        REQUIRE(out.failure);
        CHECK(out.failure->message.find("sluice: failAt: batch " + std::to_string(point.batch) +
                                        " has no record") != std::string::npos);
    }
}

TEST_CASE("a failure at a batch that does not come, or that nobody reads, is none that was tested",
    "[testing][failAt][errors]")
{
    const Batches<int> in{{1}, {2}};
    const auto out = runBatches(in, failAt({.batch = 2}) | twice, {.maxTaskFailures = 4});
    CHECK(out.batches == Batches<int>{{2}, {4}});
    REQUIRE(out.failure);
    CHECK(out.failure->message ==
          "sluice: failAt: nothing failed, no task came to record 0 of partition 0 in batch 2");
    const auto some =
        runBatches(in, failAt({.batch = 0}) | failAt({.batch = 7}) | twice, {.maxTaskFailures = 4});
    REQUIRE(some.failure);
    CHECK(some.failure->message.find("in batch 7") != std::string::npos);
    const auto unread = runBatches(in, [](const auto& stream) {
        (void)(stream | failAt({}) | twice);
        return stream | twice;
    });
    CHECK(unread.failure);
    // The first failure is the one that is told.
    const auto early = runBatches(in, failAt({.message = "early"}) | failAt({.batch = 1}) | twice);
    REQUIRE(early.failure);
    CHECK(early.failure->message.find("early") != std::string::npos);
}

TEST_CASE("what is combined in place behind failAt is tried again too", "[testing][failAt]")
{
    using Record = std::pair<int, long>;
    Batches<Record> in(2);
    std::map<int, long> totals;
    for (int i = 0; i < 100; ++i) {
        in[1].emplace_back(i % 7, i);
        totals[i % 7] += i;
    }
    for (const std::size_t n : {1U, 2U, 3U}) {
        CAPTURE(n);
        const auto placed = sluice::partitionBy(sluice::HashPartitioner{n});
        const auto sums = sluice::reduceByKey(std::plus<>{}, n);
        const auto fails = failAt({.batch = 1, .record = 1}) | failAt({.batch = 1, .times = 2});
        std::string plan;
        const auto out = runBatches(in,
            [&](const auto& stream) {
                const auto made = stream | placed | fails | sums;
                plan = made.explain();
                return made;
            },
            {.partitions = 3, .maxTaskFailures = 4});
        CHECK_FALSE(out.failure);
        CHECK(plan.find("combine in place") != std::string::npos);
        CHECK(std::map<int, long>(out.batches.at(1).begin(), out.batches.at(1).end()) == totals);
        CHECK(out.batches.at(1).size() == totals.size());
    }
}

TEST_CASE("records that are views may fail too", "[testing][failAt]")
{
    const auto out = runBatches(Batches<std::string_view>{{"a", "b"}},
        failAt({.record = 1}) | map([](std::string_view s) { return s.size(); }),
        {.maxTaskFailures = 2});
    CHECK(out.batches == Batches<std::size_t>{{1, 1}});
    CHECK_FALSE(out.failure);
}

TEST_CASE("a failure that is asked for no time is refused", "[testing][failAt][errors]")
{
    CHECK_THROWS_WITH(
        failAt({.batch = 1, .times = 0}), "sluice: failAt: times 0 given, must be at least 1");
}
