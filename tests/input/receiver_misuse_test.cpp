#include <sluice/input/pull_stream.hpp>
#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>
#include <sluice/stop_on_signals.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What a receiver, or who holds its context, may do wrong without harm to others.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::Duration, sluice::Emitter, sluice::foreachBatch, sluice::OffsetRange;
using sluice::Options, sluice::pullStream, sluice::receiverStream, sluice::State, sluice::Stop;
using sluice::StreamingContext;
using sluice::testing::TestEngine;

namespace {
void runSome(TestEngine& test, int handlers = 2000)
{
    while (handlers-- > 0 && test.executor().runOne()) {}
}

template <class Receiver>
void startWith(TestEngine& test, Receiver receiver)
{
    receiverStream<int>(test.runtime(), std::move(receiver)) |
        foreachBatch([](const Batch<int>&) {});
    test.runtime().start();
    runSome(test);
}
} // namespace

TEST_CASE("a receiver that swallows its cancellation is given up in the end",
    "[input][receiver_stream][errors][regression]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    TestEngine test{Options{.batchInterval = 1s}};
    startWith(test, [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (bool on = true; on;) {
            try {
                co_await emitter.sleep(1s);
            } catch (const std::exception&) {
                on = true; // goes on regardless
            }
        }
    });
    test.runtime().requestStop(mode);
    runSome(test);
    CHECK(test.runtime().state() == State::active);
    test.clock().advance(10s);
    runSome(test);
    CHECK(test.runtime().state() == State::stopped);
    // Let it end: the executor must not be left with a handler that never goes.
    CHECK_THROWS_WITH(test.runtime().awaitTermination(), Catch::Contains("receiver did not end"));
    test.executor().drop();
}

TEST_CASE("a receiver that restarts without a wait keeps nobody from running",
    "[input][receiver_stream][errors][regression]")
{
    TestEngine test{Options{.batchInterval = 1s}};
    int runs = 0;
    startWith(test, [&runs](Emitter<int>& emitter) -> asio::awaitable<void> {
        ++runs;
        emitter.restart("again", 0ms);
        co_return;
    });
    CHECK(runs > 10);
    test.runtime().requestStop(Stop::now);
    runSome(test);
    CHECK(test.runtime().state() == State::stopped);
}

TEST_CASE("a wait without end lasts until the stop", "[input][receiver_stream][regression]")
{
    TestEngine test{Options{.batchInterval = 1s}};
    bool woken = false;
    startWith(test, [&woken](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.sleep(Duration::max());
        woken = true;
    });
    test.nextBatch();
    CHECK_FALSE(woken);
    test.stop(Stop::graceful);
    CHECK(test.runtime().state() == State::stopped);
    CHECK(test.runtime().awaitTerminationOrTimeout(Duration::min()));
}

TEST_CASE("a receiver may wait for several things at once", "[input][receiver_stream][regression]")
{
    TestEngine test{Options{.batchInterval = 1s}};
    std::vector<int> ended;
    const auto wait = [&ended](Emitter<int>& emitter, int seconds) -> asio::awaitable<void> {
        co_await emitter.sleep(Duration{1000 * seconds});
        ended.push_back(seconds);
    };
    startWith(test, [&wait](Emitter<int>& emitter) -> asio::awaitable<void> {
        asio::co_spawn(emitter.executor(), wait(emitter, 2), asio::detached);
        asio::co_spawn(emitter.executor(), wait(emitter, 1), asio::detached);
        co_await wait(emitter, 3);
    });
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    CHECK(ended == std::vector{1, 2, 3});
}

TEST_CASE("a block without records is none", "[input][receiver_stream][regression]")
{
    TestEngine test{Options{.batchInterval = 1s}};
    std::size_t partitions = 99;
    receiverStream<int>(test.runtime(), [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            std::vector<int> nothing;
            co_await emitter.emit(std::move(nothing));
        }
    }) | foreachBatch([&](const Batch<int>& batch) { partitions = batch.partitions().size(); });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(partitions == 0);
}

TEST_CASE("a context may be destroyed by who awaits its end on its own thread",
    "[input][lifecycle][parallel][regression]")
{
    for (int round = 0; round < 10; ++round) {
        auto context =
            std::make_unique<StreamingContext>(Options{.batchInterval = 1ms, .parallelism = 2});
        context->queueStream(sluice::BatchQueue<int>{}) | foreachBatch([](const Batch<int>&) {});
        context->start();
        std::promise<void> gone;
        asio::co_spawn(context->io(), context->terminated(), [&](const std::exception_ptr&) {
            context.reset();
            gone.set_value();
        });
        context->requestStop(Stop::now);
        gone.get_future().wait();
        CHECK(context == nullptr);
    }
}

TEST_CASE(
    "nothing is acknowledged once the context has stopped", "[input][pull_stream][regression]")
{
    struct Log {
        State* stateAt;
        sluice::engine::Runtime* runtime;
        std::vector<std::uint64_t> latest() { return {end += 5}; }
        std::vector<int> read(const OffsetRange& range)
        {
            return std::vector<int>(range.until - range.from);
        }
        void acknowledge(const OffsetRange&) { *stateAt = runtime->state(); }
        std::uint64_t end = 0;
    };
    asio::io_context both;
    const auto clock = std::make_shared<sluice::testing::ManualClock>();
    Options options{.batchInterval = 1s};
    options.io = both.get_executor();
    options.compute = both.get_executor();
    options.clock = clock;
    options.gracefulStopTimeout = 1s;
    sluice::engine::Runtime runtime{options};
    State last = State::initialized;
    const auto channel = pullStream(runtime, Log{&last, &runtime}) | sluice::toChannel();
    const auto runAll = [&both] {
        both.restart();
        while (both.poll_one() > 0) {}
    };
    runtime.start();
    runAll();
    for (int i = 0; i < 2; ++i) {
        clock->advance(1s);
        runAll();
    }
    runtime.requestStop(Stop::graceful);
    runAll();
    clock->advance(1s);
    runAll();
    CHECK(runtime.state() == State::stopped);
    CHECK(last == State::active);
}

TEST_CASE("a rate below a record a batch is kept by a pull source too",
    "[input][pull_stream][regression]")
{
    struct Log {
        std::vector<std::uint64_t> latest() { return {1000}; }
        std::vector<int> read(const OffsetRange& range)
        {
            return std::vector<int>(range.until - range.from);
        }
        void acknowledge(const OffsetRange&) {}
    };
    Options options{.batchInterval = 10ms};
    options.maxRate = 50;
    TestEngine test{options};
    std::size_t records = 0;
    pullStream(test.runtime(), Log{}) |
        foreachBatch([&](const Batch<int>& batch) { records += batch.size(); });
    test.runtime().start();
    test.executor().run();
    for (int i = 0; i < 100; ++i) {
        test.nextBatch();
    }
    CHECK(records == 50);
}

TEST_CASE("a signal that cannot be caught is refused at the call", "[stop_on_signals][errors]")
{
    StreamingContext context{{.batchInterval = 1s}};
    CHECK_THROWS_AS(sluice::stopOnSignals(context, {SIGKILL}), sluice::InvalidArgument);
}
