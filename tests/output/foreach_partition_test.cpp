#include <sluice/output/foreach_partition.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::foreachPartition, sluice::Partition,
    sluice::PartitionInfo;
using sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
constexpr auto takesInts = [](const Partition<int>&) {};
static_assert(Accepts<decltype(foreachPartition(takesInts)), int>);
static_assert(Accepts<decltype(foreachPartition([](std::span<const int>) {})), int>);
static_assert(Accepts<decltype(foreachPartition([](Partition<int>, PartitionInfo) {})), int>);
static_assert(Accepts<decltype(foreachPartition([](const auto&) {})), std::string>);
static_assert(!Accepts<decltype(foreachPartition(takesInts)), long>);
static_assert(!Accepts<decltype(foreachPartition([](std::span<int>) {})), int>); // would edit it
static_assert(!Accepts<decltype(foreachPartition([](int) {})), int>);

using Parts = std::vector<std::vector<int>>;

/// Runs batches, given as lists of partitions, into an output.
template <class Op>
void run(const std::vector<Parts>& batches, const Op& op, sluice::Options options = {})
{
    TestEngine engine{std::move(options)};
    BatchQueue<int> queue;
    for (const Parts& partitions : batches) {
        queue.pushPartitions(partitions);
    }
    sluice::queueStream(engine.runtime(), queue) | op;
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        engine.nextBatch();
    }
}

std::vector<int> copied(std::span<const int> records)
{
    return {records.begin(), records.end()};
}
} // namespace

TEST_CASE("foreachPartition is called once for each partition, also for empty ones",
    "[output][foreachPartition]")
{
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        std::multimap<std::pair<sluice::Time, std::size_t>, std::vector<int>> seen;
        run({{{1, 2}, {}, {3}}, {}, {{4}}},
            foreachPartition([&](std::span<const int> records, const PartitionInfo& partition) {
                CHECK(partition.partitions == (partition.batch.index == 0 ? 3U : 1U));
                seen.emplace(std::pair{partition.batch.time, partition.index}, copied(records));
            }),
            {.batchInterval = 1s, .parallelism = parallelism});
        const sluice::Time first{1s};
        CHECK(seen == decltype(seen){{{first, 0}, {1, 2}}, {{first, 1}, {}}, {{first, 2}, {3}},
                          {{first + 2s, 0}, {4}}});
    }
}

TEST_CASE("each partition is worked on by a copy of the function", "[output][foreachPartition]")
{
    // [example]
    std::map<std::size_t, int> sums; // stands for a database
    const auto save = foreachPartition(
        [&sums, connection = 0](const Partition<int>& numbers, const PartitionInfo& info) mutable {
            ++connection; // opened for each partition, not for each record
            for (const int n : numbers) {
                sums[info.index] += n * connection;
            }
        });
    // [example]
    run({{{1, 2}, {3}}}, save);
    CHECK(sums == std::map<std::size_t, int>{{0, 3}, {1, 3}});
}

TEST_CASE("partitions that foreachPartition keeps can be read when the engine is gone",
    "[output][foreachPartition]")
{
    std::vector<Partition<std::string>> kept;
    run({{{1, 2}, {3}}}, sluice::map([](int x) {
        return std::string(40, static_cast<char>('a' + x));
    }) | foreachPartition([&](const Partition<std::string>& all) { kept.push_back(all); }));
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].records()[1] == std::string(40, 'c'));
    CHECK(kept[1].records()[0] == std::string(40, 'd'));
}

TEST_CASE(
    "a partition whose function threw comes again, the same", "[output][foreachPartition][errors]")
{
    std::vector<std::vector<int>> seen;
    int failures = 2;
    run({{{1, 2}, {3}}}, foreachPartition([&](std::span<const int> records) {
        seen.push_back(copied(records));
        if (records.front() == 3 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
    }));
    CHECK(seen.front() == std::vector{1, 2});
    CHECK(seen.back() == std::vector{3});
    CHECK(std::count(seen.begin(), seen.end(), std::vector{3}) == 3);
}

TEST_CASE("a function of foreachPartition that keeps throwing fails the batch and says where",
    "[output][foreachPartition][errors]")
{
    TestEngine engine{{.maxTaskFailures = 3}};
    BatchQueue<int> queue;
    queue.pushPartitions(Parts{{1}, {13}});
    sluice::queueStream(engine.runtime(), queue) | foreachPartition([](std::span<const int> all) {
        if (all.front() == 13) { throw std::domain_error{"13"}; }
    });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK_THROWS_WITH(engine.runtime().awaitTermination(),
        "sluice: foreachPartition failed in batch 1000 ms, partition 1, after 3 attempts: 13");
}

TEST_CASE("foreachPartition gives each partition once to one of several threads",
    "[output][foreachPartition][parallel]")
{
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    BatchQueue<int> queue;
    for (int i = 0; i < 20; ++i) {
        queue.pushPartitions(Parts(8, std::vector<int>(2'000, 1)));
    }
    std::mutex mutex;
    std::map<std::pair<sluice::Time, std::size_t>, int> calls;
    std::atomic<std::size_t> records{0};
    context.queueStream(queue) | foreachPartition([&](const auto& part, const auto& info) {
        records += part.size();
        const std::lock_guard lock{mutex};
        if (!part.empty()) { ++calls[{info.batch.time, info.index}]; }
        if (records == 20 * 8 * 2'000) { context.stop(sluice::Stop::graceful); }
    });
    context.start();
    context.awaitTermination();
    CHECK(calls.size() == 20 * 8);
    CHECK(
        std::all_of(calls.begin(), calls.end(), [](const auto& call) { return call.second == 1; }));
}
