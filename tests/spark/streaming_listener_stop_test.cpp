#include "spark/spark_case.hpp"

#include <sluice/input/receiver_stream.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

// The cases of Spark Streaming's StreamingListenerSuite about listeners and the end of a context.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchCompleted, sluice::BatchQueue, sluice::Emitter;
using sluice::foreachBatch, sluice::IllegalState, sluice::receiverStream, sluice::State;
using sluice::Stop, sluice::StreamingContext, sluice::StreamingListener, sluice::StreamingStarted;
using sluice::test::Recorder, sluice::test::SparkCase, sluice::test::World;

namespace {
BatchQueue<int> fourBatches()
{
    return {{1}, {2}, {3}, {4}};
}

constexpr auto ignore = [](const Batch<int>&) {};

asio::awaitable<void> reportingReceiver(Emitter<int>& emitter)
{
    co_await emitter.sleep(10ms);
    emitter.reportError("test report error");
    co_await emitter.sleep(10ms);
}

/// Stops its context at the first batch, and tries to wait for the end.
class Stopping final : public StreamingListener {
public:
    Stopping(StreamingContext& context, Stop mode) : context_{&context}, mode_{mode} {}

    void onBatchCompleted(const BatchCompleted&) override
    {
        if (std::exchange(asked_, true)) { return; }
        context_->stop(mode_);
        try {
            context_->awaitTermination();
        } catch (const IllegalState&) {
            waitIsRefused = true;
        }
    }

    bool waitIsRefused = false;

private:
    StreamingContext* context_;
    Stop mode_;
    bool asked_ = false;
};
} // namespace

TEST_CASE("stop() in a listener asks for the stop and does not wait, unlike in Spark",
    "[spark][listener][lifecycle]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    const auto stopping =
        std::make_shared<Stopping>(spark.context(), GENERATE(Stop::now, Stop::graceful));
    spark.context().addStreamingListener(stopping);
    spark.context().queueStream(fourBatches()) | foreachBatch(ignore);
    spark.start();
    spark.batches(1);
    CHECK(stopping->waitIsRefused);
    CHECK(spark.context().state() == State::stopped);
    CHECK_NOTHROW(spark.context().awaitTermination());
    CHECK(spark.context().metrics().listenerErrors == 0);
}

TEST_CASE(
    "stop() in a listener ends a context on real threads", "[spark][listener][lifecycle][parallel]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    const auto stopping = std::make_shared<Stopping>(context, mode);
    context.addStreamingListener(stopping);
    context.queueStream(fourBatches()) | foreachBatch(ignore);
    context.start();
    context.awaitTermination();
    CHECK(stopping->waitIsRefused);
    CHECK(context.state() == State::stopped);
}

TEST_CASE("a listener has heard everything when its context has stopped, and hears no more",
    "[spark][listener]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        World world{seed};
        SparkCase spark{world, {.batchInterval = 1s}};
        receiverStream<int>(spark.context(), &reportingReceiver) | foreachBatch(ignore);
        spark.context().start();
        for (std::uint64_t i = 0; i < seed; ++i) {
            (void)world.executor().runOne();
        }
        spark.context().requestStop();
        while (spark.context().state() != State::stopped) {
            REQUIRE(world.executor().runOne());
        }
        const std::size_t heard = spark.heard().all().size();
        CHECK(heard == spark.context().events().size());
        spark.stop(Stop::graceful);
        spark.batches(3);
        CHECK(spark.heard().all().size() == heard);
        CHECK(spark.context().events().size() == heard);
    }
}

TEST_CASE("a listener that is removed hears no more, and one that is added hears what follows",
    "[spark][listener]")
{
    World world;
    SparkCase spark{world, {.batchInterval = 1s}};
    const auto early = std::make_shared<Recorder>();
    const auto late = std::make_shared<Recorder>();
    spark.context().addStreamingListener(early);
    spark.context().queueStream(fourBatches()) | foreachBatch(ignore);
    spark.start();
    spark.batches(1);
    spark.context().removeStreamingListener(early);
    spark.context().addStreamingListener(late);
    spark.batches(2);
    CHECK(early->of<BatchCompleted>().size() == 1);
    CHECK(late->of<BatchCompleted>().size() == 2);
    CHECK(late->of<StreamingStarted>().empty());
    CHECK(spark.heard().of<BatchCompleted>().size() == 3);
}
