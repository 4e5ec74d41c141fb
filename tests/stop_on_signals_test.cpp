#include <sluice/stop_on_signals.hpp>

#include <sluice/sluice.hpp>

#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <latch>
#include <memory>
#include <thread>

using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::foreachBatch, sluice::StreamingContext;

TEST_CASE("a signal stops a context gracefully", "[stop_on_signals][parallel]")
{
    StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    std::size_t seen = 0;
    bool raised = false;
    const BatchQueue<int> queue{{1}, {2}, {3}};
    context.queueStream(queue, false) | foreachBatch([&](const Batch<int>& batch) {
        seen += batch.size();
        if (!raised) {
            raised = true;
            std::raise(SIGINT);
        }
    });
    sluice::stopOnSignals(context);
    context.start();
    context.awaitTermination();
    CHECK(seen == 3);
}

TEST_CASE(
    "a second signal stops a graceful stop that takes too long", "[stop_on_signals][parallel]")
{
    boost::asio::io_context io; // keeps the signal from ending the test once the context is done
    boost::asio::signal_set harmless{io, SIGTERM};
    sluice::Options options{.batchInterval = 1ms, .parallelism = 2};
    options.gracefulStopTimeout = 1h;
    StreamingContext context{options};
    // Nobody reads: the batch behind the channel's first waits, and a graceful stop with it.
    const auto channel = context.queueStream(BatchQueue<int>{}) | sluice::toChannel(1);
    sluice::stopOnSignals(context, {SIGTERM});
    context.start();
    std::raise(SIGTERM);
    while (!context.awaitTerminationOrTimeout(1ms)) {
        std::raise(SIGTERM);
    }
    CHECK(context.state() == sluice::State::stopped);
}

TEST_CASE("after the second signal the next one is the process's, even while a batch hangs",
    "[stop_on_signals][parallel]")
{
    const auto isDefault = [] {
        struct sigaction action {};
        return sigaction(SIGUSR1, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
    };
    StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    std::latch hanging{1};
    std::latch released{1};
    context.queueStream(BatchQueue<int>{{1}}) | foreachBatch([&](const Batch<int>& batch) {
        if (batch.empty()) { return; }
        hanging.count_down();
        released.wait();
    });
    sluice::stopOnSignals(context, {SIGUSR1});
    context.start();
    hanging.wait();
    CHECK_FALSE(isDefault());
    std::raise(SIGUSR1);
    std::raise(SIGUSR1);
    while (!isDefault()) {
        std::this_thread::yield();
    }
    CHECK(context.state() == sluice::State::active);
    released.count_down();
    context.awaitTermination();
}

TEST_CASE("a signal may come while a batch outlives its context", "[stop_on_signals][errors]")
{
    boost::asio::io_context io; // this thread runs everything
    boost::asio::signal_set harmless{io, SIGTERM};
    sluice::Options options{.batchInterval = 1ms};
    options.io = io.get_executor();
    options.compute = io.get_executor();
    auto runtime = std::make_unique<sluice::engine::Runtime>(options);
    const std::weak_ptr<const void> engine = runtime->lifetime();
    sluice::queueStream(*runtime, BatchQueue<int>{{1}}) | foreachBatch([&](const Batch<int>&) {
        runtime.reset();
        std::raise(SIGTERM);
    });
    sluice::stopOnSignals(*runtime, {SIGTERM});
    runtime->start();
    io.run();
    CHECK(runtime == nullptr);
    CHECK(engine.expired());
}

TEST_CASE("signals are watched from the start only, and not of a started context",
    "[stop_on_signals][errors]")
{
    StreamingContext context{{.batchInterval = 1h}};
    context.queueStream(BatchQueue<int>{}) | foreachBatch([](const Batch<int>&) {});
    context.start();
    CHECK_THROWS_WITH(sluice::stopOnSignals(context),
        "sluice: stopOnSignals(context): the context was started; streams, outputs and what else "
        "runs with it are made before start()");
    context.stop();
}
