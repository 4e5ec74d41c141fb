#include "spark/spark_case.hpp"

#include <sluice/input/receiver_stream.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

// The cases of Spark Streaming's StreamingListenerSuite and InputInfoTrackerSuite.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchCompleted, sluice::BatchQueue, sluice::BatchStarted;
using sluice::BatchSubmitted, sluice::Emitter, sluice::foreachBatch;
using sluice::map, sluice::OnBatchFailure, sluice::Options, sluice::OutputOperationCompleted;
using sluice::OutputOperationStarted, sluice::ReceiverError, sluice::ReceiverStarted;
using sluice::receiverStream, sluice::ReceiverStopped, sluice::State, sluice::Stop;
using sluice::StreamingStarted;
using sluice::test::Recorder, sluice::test::SparkCase, sluice::test::World;

namespace {
/// Four batches of one record.
BatchQueue<int> fourBatches()
{
    return {{1}, {2}, {3}, {4}};
}

constexpr auto ignore = [](const Batch<int>&) {};

/// Reports an error after 10 ms and ends after 10 more.
asio::awaitable<void> reportingReceiver(Emitter<int>& emitter)
{
    co_await emitter.sleep(10ms);
    emitter.reportError("test report error: test report exception");
    co_await emitter.sleep(10ms);
}

/// Whether `timeOf` does not fall from one batch to the next.
template <class E, class F>
bool inOrder(const std::vector<E>& batches, F timeOf)
{
    return std::is_sorted(batches.begin(), batches.end(),
        [&](const E& a, const E& b) { return timeOf(a) < timeOf(b); });
}

template <class E>
bool eachHasOneRecord(const std::vector<E>& batches)
{
    return std::all_of(batches.begin(), batches.end(), [](const E& batch) {
        return batch.records == 1 && batch.inputs.size() == 1 &&
               batch.inputs.front().streamId == 0 && batch.inputs.front().records == 1;
    });
}

/// What the outputs of the first batch failed with, by their ids.
std::vector<std::string> failuresOfOutputs(const Recorder& heard)
{
    std::vector<std::string> failures;
    for (const auto& output : heard.of<OutputOperationCompleted>()) {
        if (output.batchTime == sluice::Time{1s}) { failures.push_back(output.failure); }
    }
    return failures;
}
} // namespace

TEST_CASE(
    "batches are reported when they are submitted, started and completed", "[spark][listener]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 100ms}};
    spark.context().queueStream(fourBatches()) | map([](int x) { return x; }) |
        foreachBatch([&world](const Batch<int>&) { world.clock().advance(7ms); });
    spark.start();
    for (int i = 1; i <= 4; ++i) {
        world.clock().advance(sluice::Instant{i * 100ms} - world.clock().now());
        world.executor().run();
    }
    const auto submitted = spark.heard().of<BatchSubmitted>();
    REQUIRE(submitted.size() == 4);
    for (const auto& batch : submitted) {
        CHECK_FALSE(batch.schedulingDelay());
        CHECK_FALSE(batch.processingTime());
        CHECK_FALSE(batch.totalDelay());
    }
    CHECK(eachHasOneRecord(submitted));
    CHECK(inOrder(submitted, [](const auto& batch) { return batch.submitted; }));

    const auto started = spark.heard().of<BatchStarted>();
    REQUIRE(started.size() == 4);
    for (const auto& batch : started) {
        CHECK(batch.schedulingDelay() >= 0ns);
        CHECK_FALSE(batch.processingTime());
        CHECK_FALSE(batch.totalDelay());
    }
    CHECK(eachHasOneRecord(started));
    CHECK(inOrder(started, [](const auto& batch) { return batch.submitted; }));
    CHECK(inOrder(started, [](const auto& batch) { return *batch.started; }));

    const auto completed = spark.heard().of<BatchCompleted>();
    REQUIRE(completed.size() == 4);
    for (const auto& batch : completed) {
        CHECK(batch.schedulingDelay() >= 0ns);
        CHECK(batch.processingTime() == 7ms);
        CHECK(*batch.totalDelay() == *batch.schedulingDelay() + *batch.processingTime());
    }
    CHECK(eachHasOneRecord(completed));
    CHECK(inOrder(completed, [](const auto& batch) { return batch.submitted; }));
    CHECK(inOrder(completed, [](const auto& batch) { return *batch.started; }));
    CHECK(inOrder(completed, [](const auto& batch) { return *batch.ended; }));
}

TEST_CASE("a batch is submitted, started, has its outputs and is completed, in this order",
    "[spark][listener]")
{
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        CAPTURE(seed);
        World world{seed};
        SparkCase spark{world, {.batchInterval = 100ms}};
        spark.context().queueStream(fourBatches()) | foreachBatch(ignore);
        spark.start();
        spark.batches(4);
        const auto& all = spark.heard().all();
        REQUIRE(all.size() == 1 + 4 * 5);
        CHECK(std::holds_alternative<StreamingStarted>(all.front()));
        for (std::size_t at = 1; at < all.size(); at += 5) {
            CHECK(std::holds_alternative<BatchSubmitted>(all[at]));
            CHECK(std::holds_alternative<BatchStarted>(all[at + 1]));
            CHECK(std::holds_alternative<OutputOperationStarted>(all[at + 2]));
            CHECK(std::holds_alternative<OutputOperationCompleted>(all[at + 3]));
            CHECK(std::holds_alternative<BatchCompleted>(all[at + 4]));
        }
    }
}

TEST_CASE("the records of each source are reported with the batch", "[spark][listener]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    BatchQueue<int> first;
    first.push(std::vector<int>(100, 1));
    BatchQueue<int> second;
    second.push(std::vector<int>(300, 1));
    spark.context().queueStream(first) | foreachBatch(ignore);
    spark.context().queueStream(second) | foreachBatch(ignore);
    spark.start();
    spark.batches(2);
    const auto batches = spark.heard().of<BatchSubmitted>();
    REQUIRE(batches.size() == 2);
    CHECK(batches[0].records == 400);
    REQUIRE(batches[0].inputs.size() == 2);
    CHECK(batches[0].inputs[0].records == 100);
    CHECK(batches[0].inputs[1].records == 300);
    CHECK(batches[0].inputs[0].streamId < batches[0].inputs[1].streamId);
    CHECK(batches[1].records == 0);
}

TEST_CASE("a receiver's start, error and end are reported, and no second start, unlike in Spark",
    "[spark][listener][receiver]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    receiverStream<int>(spark.context(), &reportingReceiver) | foreachBatch(ignore);
    spark.start();
    CHECK(spark.heard().of<ReceiverStarted>().size() == 1);
    CHECK(spark.heard().of<ReceiverError>().empty());
    world.pass(10ms);
    CHECK(spark.heard().of<ReceiverError>().size() == 1);
    CHECK(spark.heard().of<ReceiverStopped>().empty());
    world.pass(10ms);
    spark.batches(5);
    const auto started = spark.heard().of<ReceiverStarted>();
    const auto errors = spark.heard().of<ReceiverError>();
    const auto stopped = spark.heard().of<ReceiverStopped>();
    REQUIRE(started.size() == 1);
    CHECK(started.front().streamId == 0);
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().streamId == 0);
    CHECK(errors.front().message == "test report error: test report exception");
    CHECK(errors.front().at == sluice::Instant{10ms});
    REQUIRE(stopped.size() == 1);
    CHECK(stopped.front().streamId == 0);
    CHECK_FALSE(stopped.front().restarts);
}

TEST_CASE("output operations are reported by their ids, in the order of registration",
    "[spark][listener][output]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    const auto input = receiverStream<int>(spark.context(), &reportingReceiver);
    for (int i = 0; i < 3; ++i) {
        input | foreachBatch(ignore);
    }
    spark.start();
    spark.batches(1);
    std::vector<std::uint32_t> started;
    for (const auto& output : spark.heard().of<OutputOperationStarted>()) {
        started.push_back(output.id);
        CHECK(output.name == "foreachBatch");
        CHECK_FALSE(output.ended);
    }
    std::vector<std::uint32_t> completed;
    for (const auto& output : spark.heard().of<OutputOperationCompleted>()) {
        completed.push_back(output.id);
        REQUIRE(output.ended);
        CHECK(*output.ended >= output.started);
    }
    CHECK(started == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(completed == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("an output that succeeds is reported without a failure", "[spark][listener][output]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    receiverStream<int>(spark.context(), &reportingReceiver) | foreachBatch(ignore);
    spark.start();
    spark.batches(1);
    CHECK(failuresOfOutputs(spark.heard()) == std::vector<std::string>{""});
    CHECK(spark.heard().of<BatchCompleted>().front().failure.empty());
}

TEST_CASE("each output that fails is reported with its own failure", "[spark][listener][errors]")
{
    const auto failing = [](const char* text) {
        return foreachBatch([text](const Batch<int>&) { throw std::runtime_error{text}; });
    };
    World world;
    Options options{.batchInterval = 1s};
    options.onBatchFailure = GENERATE(OnBatchFailure::stop, OnBatchFailure::proceed);
    const bool proceeds = options.onBatchFailure == OnBatchFailure::proceed;
    SparkCase spark{world, options};
    const auto input = receiverStream<int>(spark.context(), &reportingReceiver);
    input | failing("This is a failed job");
    SECTION("one of one")
    {
        spark.start();
        spark.batches(1);
        const auto failures = failuresOfOutputs(spark.heard());
        REQUIRE(failures.size() == 1);
        CHECK_THAT(failures[0], Catch::Contains("This is a failed job"));
    }
    SECTION("two of two")
    {
        input | failing("This is another failed job");
        spark.start();
        spark.batches(1);
        const auto failures = failuresOfOutputs(spark.heard());
        REQUIRE(failures.size() == 2);
        CHECK_THAT(failures[0], Catch::Contains("This is a failed job"));
        CHECK_THAT(failures[1], Catch::Contains("This is another failed job"));
    }
    SECTION("one of two")
    {
        input | foreachBatch(ignore);
        spark.start();
        spark.batches(1);
        const auto failures = failuresOfOutputs(spark.heard());
        REQUIRE(failures.size() == 2);
        CHECK_THAT(failures[0], Catch::Contains("This is a failed job"));
        CHECK(failures[1].empty());
    }
    REQUIRE(spark.heard().of<BatchCompleted>().size() == 1);
    CHECK_THAT(spark.heard().of<BatchCompleted>().front().failure,
        Catch::Contains("This is a failed job"));
    CHECK((spark.context().state() == State::active) == proceeds);
    spark.stop(Stop::now);
    if (proceeds) { // awaitTermination throws nothing then, unlike in Spark
        CHECK_NOTHROW(spark.context().awaitTermination());
    } else {
        CHECK_THROWS_WITH(
            spark.context().awaitTermination(), Catch::Contains("This is a failed job"));
    }
}
