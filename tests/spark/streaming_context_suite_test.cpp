#include "spark/spark_case.hpp"

#include <sluice/input/receiver_stream.hpp>

#include "support/catch.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// The cases of Spark Streaming's StreamingContextSuite that are about the life of a context;
// docs/coming-from-spark.md tells what became of each.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::count, sluice::Emitter, sluice::foreachBatch;
using sluice::InvalidArgument, sluice::map;
using sluice::Options, sluice::receiverStream;
using sluice::State, sluice::Stop, sluice::StreamingContext, sluice::TaskError;
using sluice::test::SparkCase, sluice::test::World;

namespace {
Options everyHalfSecond()
{
    return {.batchInterval = 500ms, .parallelism = 2};
}

/// A hundred batches; the i-th holds the numbers from 1 to i.
BatchQueue<int> growingBatches()
{
    BatchQueue<int> queue;
    for (std::size_t i = 1; i <= 100; ++i) {
        std::vector<int> records(i);
        std::iota(records.begin(), records.end(), 1);
        queue.push(std::move(records));
    }
    return queue;
}

constexpr auto ignore = [](const Batch<int>&) {};

/// Emits 1, 2, 3 and so on, as fast as it may, and counts in `next` how far it came.
auto countingFrom(int& next)
{
    return [&next](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            const int record = next++;
            co_await emitter.emit(record);
        }
    };
}
} // namespace

TEST_CASE("a context that was started twice runs each batch once", "[spark][lifecycle]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    std::vector<std::size_t> sizes;
    spark.context().queueStream(growingBatches()) |
        foreachBatch([&sizes](const Batch<int>& batch) { sizes.push_back(batch.size()); });
    spark.start();
    CHECK(spark.context().state() == State::active);
    spark.start();
    CHECK(spark.context().state() == State::active);
    spark.batches(3);
    CHECK(sizes == std::vector<std::size_t>{1, 2, 3});
    CHECK(spark.heard().of<sluice::StreamingStarted>().size() == 1);
}

TEST_CASE("a start that fails leaves the context stopped and nothing running",
    "[spark][lifecycle][errors]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    bool received = false;
    const auto receive = [&received](Emitter<int>&) -> asio::awaitable<void> {
        received = true;
        co_return;
    };
    (void)(receiverStream<int>(spark.context(), receive) | count()); // no output
    CHECK_THROWS_AS(spark.context().start(), InvalidArgument);
    CHECK(spark.context().state() == State::stopped);
    CHECK(world.executor().run() == 0);
    spark.batches(2);
    CHECK_FALSE(received);
    CHECK(spark.heard().all().empty());
}

TEST_CASE(
    "a context that stops leaves the executors that it was given to the next", "[spark][lifecycle]")
{
    World world;
    for (int round = 0; round < 2; ++round) {
        SparkCase spark{world, everyHalfSecond()};
        std::size_t records = 0;
        spark.context().queueStream(growingBatches()) |
            foreachBatch([&records](const Batch<int>& batch) { records += batch.size(); });
        spark.start();
        spark.batches(4);
        spark.stop(Stop::now);
        CHECK(spark.context().state() == State::stopped);
        CHECK(records == 10);
    }
}

TEST_CASE("a graceful stop processes every record that a receiver emitted", "[spark][lifecycle]")
{
    Options options{.batchInterval = 100ms};
    options.maxBufferedBytes = 400 * sizeof(int);
    options.backpressure.enabled = false;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        CAPTURE(seed);
        World world{seed};
        SparkCase spark{world, options};
        int next = 1;
        std::int64_t running = 0;
        receiverStream<int>(spark.context(), countingFrom(next)) | count() |
            foreachBatch(
                [&running](const Batch<std::int64_t>& batch) { running += *batch.begin(); });
        spark.start();
        spark.batches(5);
        CHECK(running > 0);
        spark.stop(Stop::graceful);
        CHECK(next == running + 1);
        CHECK_NOTHROW(spark.context().awaitTermination());
    }
}

TEST_CASE("a graceful stop right after the start ends, however far the receiver came",
    "[spark][lifecycle]")
{
    Options options{.batchInterval = 100ms};
    options.maxBufferedBytes = 4 * sizeof(int);
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        for (int steps = 0; steps < 12; ++steps) {
            CAPTURE(seed, steps);
            World world{seed};
            SparkCase spark{world, options};
            int next = 1;
            std::size_t processed = 0;
            receiverStream<int>(spark.context(), countingFrom(next)) |
                foreachBatch([&](const Batch<int>& batch) { processed += batch.size(); });
            spark.context().start();
            for (int i = 0; i < steps; ++i) {
                (void)world.executor().runOne();
            }
            spark.stop(Stop::graceful);
            CHECK(spark.context().state() == State::stopped);
            CHECK(static_cast<std::size_t>(next) == processed + 1);
        }
    }
}

TEST_CASE("a graceful stop right after the start ends on real threads too",
    "[spark][lifecycle][parallel]")
{
    for (int round = 0; round < 20; ++round) {
        Options options{.batchInterval = 100ms, .parallelism = 2};
        options.maxBufferedBytes = 4000 * sizeof(int);
        StreamingContext context{options};
        std::atomic<std::size_t> processed{0};
        int next = 1;
        receiverStream<int>(context, countingFrom(next)) |
            foreachBatch([&](const Batch<int>& batch) { processed += batch.size(); });
        context.start();
        context.stop(Stop::graceful);
        CHECK(context.state() == State::stopped);
        CHECK(static_cast<std::size_t>(next) == processed + 1);
    }
}

TEST_CASE("a graceful stop waits for a slow receiver within its time limit", "[spark][lifecycle]")
{
    constexpr int total = 15; // one a second
    World world;
    Options options{.batchInterval = 100ms};
    std::size_t expected = 0;
    SECTION("which is long")
    {
        options.gracefulStopTimeout = 20'000s;
        expected = total;
    }
    SECTION("which is 10 s unless another is given, and ends the wait, unlike in Spark") {}
    SparkCase spark{world, options};
    const auto receive = [&world](Emitter<int>& emitter) -> asio::awaitable<void> {
        try {
            co_await emitter.sleep(1h);
        } catch (const boost::system::system_error&) {
        }
        // It was told to end, and takes the time that it needs.
        co_await asio::this_coro::throw_if_cancelled(false);
        const auto timer = world.clock().makeTimer(emitter.executor());
        for (int i = 1; i <= total; ++i) {
            co_await timer->waitUntil(world.clock().now() + 1s);
            (void)emitter.emit(i);
        }
    };
    std::size_t processed = 0;
    receiverStream<int>(spark.context(), receive) |
        foreachBatch([&](const Batch<int>& batch) { processed += batch.size(); });
    spark.start();
    spark.batches(5);
    spark.stop(Stop::graceful);
    for (int i = 0; i < total - 1; ++i) {
        world.pass(1s);
    }
    CHECK((spark.context().state() == State::active) == (expected == total));
    world.pass(1s);
    CHECK(spark.context().state() == State::stopped);
    if (expected == total) {
        CHECK(processed == expected);
        CHECK_NOTHROW(spark.context().awaitTermination());
    } else {
        CHECK_THROWS_AS(spark.context().awaitTermination(), sluice::Error);
    }
}

TEST_CASE("who waits for the end waits while the context is active, and goes on when it stops",
    "[spark][lifecycle][parallel]")
{
    StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    context.queueStream(growingBatches()) | foreachBatch(ignore);
    context.start();
    CHECK_FALSE(context.awaitTerminationOrTimeout(5ms));
    std::atomic<int> released{0};
    {
        const std::jthread first{[&] {
            context.awaitTermination();
            ++released;
        }};
        const std::jthread second{[&] {
            if (context.awaitTerminationOrTimeout(1h)) { ++released; }
        }};
        CHECK_FALSE(context.awaitTerminationOrTimeout(5ms));
        CHECK(released == 0);
        context.stop();
    }
    CHECK(released == 2);
}

TEST_CASE("the error of a task is what awaitTermination throws, and has stopped the context, "
          "unlike in Spark",
    "[spark][lifecycle][errors]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    const auto failing = [](int x) {
        return x > 0 ? throw std::runtime_error{"error in map task"} : x;
    };
    spark.context().queueStream(growingBatches()) | map(failing) | foreachBatch(ignore);
    spark.start();
    spark.batches(1);
    CHECK(spark.context().state() == State::stopped);
    CHECK_THROWS_WITH(spark.context().awaitTermination(), Catch::Contains("error in map task"));
    CHECK_THROWS_AS(spark.context().awaitTerminationOrTimeout(5s), TaskError);
    CHECK(spark.heard().of<sluice::BatchCompleted>().size() == 1);
}
