#include "spark/spark_case.hpp"

#include <sluice/dstream/windows/slice.hpp>
#include <sluice/dstream/windows/window.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <vector>

// The plain windows of Spark Streaming's WindowOperationsSuite, and the cases of its
// BasicOperationsSuite about batches that are remembered.

using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::Duration, sluice::foreachBatch, sluice::Options;
using sluice::slice, sluice::Time, sluice::window;
using sluice::test::SparkCase, sluice::test::World;

namespace {
using Batches = std::vector<std::vector<int>>;

Options everySecond()
{
    return {.batchInterval = 1s, .parallelism = 2};
}

Batches windowsOf(const Batches& input, Duration length, std::optional<Duration> slide)
{
    World world;
    SparkCase spark{world, everySecond()};
    BatchQueue<int> queue;
    for (const auto& batch : input) {
        queue.push(batch);
    }
    Batches seen;
    spark.context().queueStream(queue) | window(length, slide) |
        foreachBatch(
            [&](const Batch<int>& batch) { seen.emplace_back(batch.begin(), batch.end()); });
    spark.start();
    spark.batches(static_cast<int>(input.size()));
    return seen;
}

/// A run of ten batches of 1, 2, ... that remembers for `span`.
class Remembering {
public:
    Remembering(World& world, Duration span) : spark{world, everySecond()}
    {
        spark.context().remember(span);
        for (int i = 1; i <= 10; ++i) {
            queue.push({i});
        }
    }

    SparkCase spark;
    BatchQueue<int> queue;
};

template <class Stream>
std::set<int> inSlice(const Stream& stream, Duration from, Duration to)
{
    std::set<int> found;
    for (const auto& batch : slice(stream, Time{from}, Time{to})) {
        found.insert(batch.begin(), batch.end());
    }
    return found;
}

/// The times, in seconds, of everything that `stream` remembers.
template <class Stream>
std::vector<long> remembered(const Stream& stream)
{
    std::vector<long> times;
    for (const auto& batch : slice(stream, Time{}, Time{1h})) {
        times.push_back(batch.time().time_since_epoch() / 1s);
    }
    return times;
}
} // namespace

TEST_CASE("basic window, tumbling window, larger window, non-overlapping window", "[spark][window]")
{
    const Batches input{{0}, {1}, {2}, {3}, {4}, {5}};
    CHECK(windowsOf(input, 2s, 1s) == Batches{{0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
    CHECK(windowsOf(input, 2s, std::nullopt) == windowsOf(input, 2s, 1s));
    CHECK(windowsOf(input, 2s, 2s) == Batches{{0, 1}, {2, 3}, {4, 5}});
    CHECK(windowsOf(input, 4s, 2s) == Batches{{0, 1}, {0, 1, 2, 3}, {2, 3, 4, 5}});
    CHECK(windowsOf(input, 2s, 3s) == Batches{{1, 2}, {4, 5}});
}

TEST_CASE("slice", "[spark][slice]")
{
    World world;
    Remembering run{world, 10s};
    const auto stream = run.spark.context().queueStream(run.queue);
    stream | foreachBatch([](const Batch<int>&) {});
    run.spark.start();
    run.spark.batches(4);
    CHECK(inSlice(stream, 0s, 1s) == std::set{1});
    CHECK(inSlice(stream, 0s, 2s) == std::set{1, 2});
    CHECK(inSlice(stream, 1s, 2s) == std::set{1, 2});
    CHECK(inSlice(stream, 2s, 4s) == std::set{2, 3, 4});
}

TEST_CASE("slice - has not been initialized", "[spark][slice]")
{
    World world;
    Remembering run{world, 10s};
    const auto stream = run.spark.context().queueStream(run.queue);
    stream | foreachBatch([](const Batch<int>&) {});
    CHECK_THROWS_AS(slice(stream, Time{}, Time{1s}), sluice::IllegalState);
}

// Spark's windows demand of their parents what their children demand of them, since they are made
// anew from their parents; here a window has its partitions, so that each remembers its own span.
TEST_CASE("rdd cleanup - map and window, where windows do not add up, unlike in Spark",
    "[spark][window][slice]")
{
    World world;
    Remembering run{world, 3s};
    const auto mapped = run.spark.context().queueStream(run.queue) |
                        sluice::map([](int x) { return x % 10; }) | sluice::cache();
    const auto first = mapped | window(2s, 1s);
    const auto second = first | window(4s, 2s);
    second | foreachBatch([](const Batch<int>&) {});
    run.spark.start();
    run.spark.batches(10);
    CHECK(remembered(second) == std::vector{8L, 10L});
    CHECK(remembered(first) == std::vector{7L, 8L, 9L, 10L});
    CHECK(remembered(mapped) == std::vector{8L, 9L, 10L});
}
