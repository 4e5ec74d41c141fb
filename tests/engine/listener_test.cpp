#include <sluice/engine/listener.hpp>

#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::foreachBatch, sluice::queueStream, sluice::Stop;
using sluice::StreamingContext, sluice::StreamingListener;
using sluice::testing::TestEngine;

namespace {
/// Writes down what it is told, a word each.
class Scribe : public StreamingListener {
public:
    void onStreamingStarted(const sluice::StreamingStarted&) override { note("started"); }
    void onBatchSubmitted(const sluice::BatchSubmitted& batch) override
    {
        note("submitted " + std::to_string(batch.records));
    }
    void onBatchStarted(const sluice::BatchStarted&) override { note("begun"); }
    void onBatchCompleted(const sluice::BatchCompleted& batch) override
    {
        note(batch.failure.empty() ? "completed" : "failed");
    }
    void onOutputOperationStarted(const sluice::OutputOperationStarted& output) override
    {
        note("output " + std::to_string(output.id));
    }
    void onOutputOperationCompleted(const sluice::OutputOperationCompleted& output) override
    {
        note((output.failure.empty() ? "done " : "failed ") + std::to_string(output.id) + ' ' +
             output.name);
    }

    std::vector<std::string> notes;

private:
    void note(std::string text) { notes.push_back(std::move(text)); }
};

/// Calls what it was given at each event of a completed batch.
template <class F>
class AtCompleted : public StreamingListener {
public:
    explicit AtCompleted(F function) : function_{std::move(function)} {}
    void onBatchCompleted(const sluice::BatchCompleted& batch) override { function_(batch); }

private:
    F function_;
};
} // namespace

TEST_CASE("a listener is told of a batch's life in its order", "[engine][listener]")
{
    TestEngine test{{.batchInterval = 1s}};
    const auto scribe = std::make_shared<Scribe>();
    test.runtime().events().addListener(scribe);
    const auto numbers = queueStream(test.runtime(), BatchQueue<int>{{1, 2}});
    numbers | foreachBatch([](const Batch<int>&) {});
    numbers | sluice::count() | foreachBatch([](const Batch<long>&) {});
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    test.stop(Stop::now);
    CHECK(scribe->notes == std::vector<std::string>{"started", "submitted 2", "begun", "output 0",
                               "output 1", "done 0 foreachBatch", "done 1 foreachBatch",
                               "completed"});
}

TEST_CASE(
    "a listener is told which outputs failed, and those that did not", "[engine][listener][errors]")
{
    TestEngine test{{.batchInterval = 1s}};
    const auto scribe = std::make_shared<Scribe>();
    test.runtime().events().addListener(scribe);
    const auto numbers = queueStream(test.runtime(), BatchQueue<int>{{1}});
    numbers | foreachBatch([](const Batch<int>&) { throw std::runtime_error{"no disk"}; });
    numbers | foreachBatch([](const Batch<int>&) {});
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(
        scribe->notes == std::vector<std::string>{"started", "submitted 1", "begun", "output 0",
                             "output 1", "failed 0 foreachBatch", "done 1 foreachBatch", "failed"});
}

TEST_CASE("an output that hangs on a failed stage is told to have failed, and why",
    "[engine][listener][errors]")
{
    TestEngine test{{.batchInterval = 1s}};
    std::string why;
    class Why : public StreamingListener {
    public:
        explicit Why(std::string& text) : text_{text} {}
        void onOutputOperationCompleted(const sluice::OutputOperationCompleted& output) override
        {
            text_ = output.failure;
        }

    private:
        std::string& text_;
    };
    test.runtime().events().addListener(std::make_shared<Why>(why));
    queueStream(test.runtime(), BatchQueue<int>{{1}}) |
        sluice::map([](int x) { return x == 1 ? throw std::runtime_error{"one"} : x; }) |
        foreachBatch([](const Batch<int>&) {});
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(why == "sluice: map failed in batch 1000 ms, partition 0, after 4 attempts: one");
}

TEST_CASE("a listener that throws is counted and goes on listening", "[engine][listener][errors]")
{
    TestEngine test{{.batchInterval = 1s}};
    int called = 0;
    test.runtime().events().addListener(
        std::make_shared<AtCompleted<std::function<void(const sluice::BatchCompleted&)>>>(
            [&called](const sluice::BatchCompleted&) {
                ++called;
                throw std::runtime_error{"listener"};
            }));
    queueStream(test.runtime(), BatchQueue<int>{}) | foreachBatch([](const Batch<int>&) {});
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    test.nextBatch();
    test.stop(Stop::now);
    CHECK(called == 2);
    CHECK(test.runtime().events().metrics().listenerErrors == 2);
    CHECK_NOTHROW(test.runtime().awaitTermination());
}

TEST_CASE("a listener hears from when it is added until it is removed", "[engine][listener]")
{
    TestEngine test{{.batchInterval = 1s}};
    queueStream(test.runtime(), BatchQueue<int>{}) | foreachBatch([](const Batch<int>&) {});
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    const auto late = std::make_shared<Scribe>();
    test.runtime().events().addListener(late);
    test.nextBatch();
    test.runtime().events().removeListener(late);
    test.nextBatch();
    CHECK(late->notes == std::vector<std::string>{"submitted 0", "begun", "output 0",
                             "done 0 foreachBatch", "completed"});
}

TEST_CASE("a listener that falls too far behind misses the oldest events, and that is counted",
    "[engine][listener]")
{
    sluice::engine::EventLog log{3};
    const auto scribe = std::make_shared<Scribe>();
    log.addListener(scribe);
    for (std::size_t i = 0; i < 5; ++i) {
        sluice::BatchSubmitted batch;
        batch.records = i;
        log.add(batch);
    }
    log.deliver();
    CHECK(scribe->notes == std::vector<std::string>{"submitted 2", "submitted 3", "submitted 4"});
    CHECK(log.metrics().eventsMissed == 2);
    CHECK(log.isDelivered());
}

TEST_CASE("a context may be stopped from its listener", "[engine][listener][parallel]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    StreamingContext context{{.batchInterval = 1ms, .parallelism = 1}};
    std::atomic<std::size_t> batches = 0;
    context.queueStream(BatchQueue<int>{}) | foreachBatch([&](const Batch<int>&) { ++batches; });
    context.addStreamingListener(
        std::make_shared<AtCompleted<std::function<void(const sluice::BatchCompleted&)>>>(
            [&context, mode](const sluice::BatchCompleted& batch) {
                if (batch.index == 2) { context.stop(mode); }
            }));
    context.start();
    context.awaitTermination();
    CHECK(batches >= 3);
}

TEST_CASE("everything has been told when the context has stopped", "[engine][listener][parallel]")
{
    for (int round = 0; round < 20; ++round) {
        StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
        const auto scribe = std::make_shared<Scribe>();
        context.queueStream(BatchQueue<int>{}) | foreachBatch([](const Batch<int>&) {});
        context.addStreamingListener(scribe);
        context.start();
        context.stop(Stop::graceful);
        REQUIRE(scribe->notes.size() >= 6);
        CHECK(scribe->notes.front() == "started");
        CHECK(scribe->notes.back() == "completed");
    }
}

TEST_CASE("a null listener is refused", "[engine][listener][errors]")
{
    StreamingContext context{{.batchInterval = 1ms}};
    CHECK_THROWS_AS(context.addStreamingListener(nullptr), sluice::InvalidArgument);
}
