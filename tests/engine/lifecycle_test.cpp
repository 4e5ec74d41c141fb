#include <sluice/streaming_context.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/engine/task_error.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/output/to_channel.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::Duration, sluice::Error, sluice::ErrorCode;
using sluice::foreachBatch, sluice::IllegalState, sluice::InvalidArgument, sluice::Options;
using sluice::queueStream, sluice::RecordsDropped, sluice::State, sluice::Stop;
using sluice::StreamingContext, sluice::TaskError;
using sluice::testing::TestEngine;

namespace {
Options often()
{
    return {.batchInterval = 1ms, .parallelism = 2};
}

/// Counts batches; `reached` waits for so many.
class Counter {
public:
    auto counting()
    {
        return foreachBatch([this](const Batch<int>&) {
            ++batches_;
            batches_.notify_all();
        });
    }
    void reached(int n) const
    {
        for (int now = batches_; now < n; now = batches_) {
            batches_.wait(now);
        }
    }
    int batches() const { return batches_; }

private:
    std::atomic<int> batches_{0};
};
} // namespace

TEST_CASE("a context is new, then active, then stopped for good", "[engine][lifecycle][parallel]")
{
    StreamingContext context{often()};
    Counter counter;
    CHECK(context.state() == State::initialized);
    context.queueStream(BatchQueue<int>{}) | counter.counting();
    context.start();
    CHECK(context.state() == State::active);
    CHECK_NOTHROW(context.start()); // changes nothing
    CHECK_THROWS_AS(context.queueStream(BatchQueue<int>{}), IllegalState);
    counter.reached(3);
    CHECK_FALSE(context.awaitTerminationOrTimeout(1ms));
    context.stop();
    CHECK(context.state() == State::stopped);
    const int batches = counter.batches();
    CHECK(context.awaitTerminationOrTimeout(1h));
    CHECK(context.awaitTerminationOrTimeout(Duration::max()));
    CHECK_NOTHROW(context.awaitTermination());
    CHECK_NOTHROW(context.stop());
    CHECK_NOTHROW(context.stop(Stop::graceful));
    CHECK_THROWS_AS(context.start(), IllegalState);
    CHECK_THROWS_AS(context.queueStream(BatchQueue<int>{}), IllegalState);
    CHECK(counter.batches() == batches);
}

TEST_CASE("what comes too late is named, and not a stage before it", "[engine][lifecycle][errors]")
{
    TestEngine test{{.batchInterval = 1s}};
    const auto numbers = queueStream(test.runtime(), BatchQueue<int>{});
    const auto doubled = numbers | sluice::map([](int x) { return 2 * x; });
    numbers | foreachBatch([](const Batch<int>&) {});
    test.start();
    const std::string started{": the context was started; streams, outputs and what else runs with "
                              "it are made before start()"};
    CHECK_THROWS_WITH(numbers | sluice::print(), "sluice: print" + started);
    CHECK_THROWS_WITH(
        doubled | foreachBatch([](const Batch<int>&) {}), "sluice: foreachBatch" + started);
    CHECK_THROWS_WITH((void)(doubled | sluice::count()), "sluice: count" + started);
    CHECK_THROWS_WITH(
        queueStream(test.runtime(), BatchQueue<int>{}), "sluice: queueStream" + started);
    CHECK_THROWS_WITH(test.runtime().remember(1s), "sluice: remember(span)" + started);
    test.stop(Stop::now);
    CHECK_THROWS_WITH(
        numbers | sluice::print(), "sluice: print: the context was stopped; make a new one");
}

TEST_CASE("a context without output operation cannot start, and is stopped",
    "[engine][lifecycle][errors]")
{
    StreamingContext context{often()};
    CHECK_THROWS_AS(context.start(), InvalidArgument);
    CHECK(context.state() == State::stopped);
    CHECK_THROWS_AS(context.queueStream(BatchQueue<int>{}), IllegalState);
    CHECK_THROWS_AS(context.start(), IllegalState);
    CHECK_NOTHROW(context.awaitTermination());
}

TEST_CASE(
    "a stop before the start is the end, and releases who waits", "[engine][lifecycle][parallel]")
{
    for (const Stop mode : {Stop::now, Stop::graceful}) {
        StreamingContext context{often()};
        Counter counter;
        context.queueStream(BatchQueue<int>{}) | counter.counting();
        asio::thread_pool pool{1};
        auto waiting = asio::co_spawn(pool, context.terminated(), asio::use_future);
        std::jthread waiter{[&context] { context.awaitTermination(); }};
        context.stop(mode);
        waiter.join();
        CHECK_NOTHROW(waiting.get());
        CHECK(context.state() == State::stopped);
        CHECK_THROWS_AS(context.start(), IllegalState);
        CHECK(counter.batches() == 0);
    }
}

TEST_CASE("a context that was never started, or never stopped, just goes",
    "[engine][lifecycle][parallel]")
{
    Counter counter;
    {
        StreamingContext unused{often()};
        unused.queueStream(BatchQueue<int>{}) | counter.counting();
    }
    CHECK(counter.batches() == 0);
    {
        StreamingContext running{often()};
        running.queueStream(BatchQueue<int>{}) | counter.counting();
        running.start();
    }
    const int before = counter.batches();
    {
        StreamingContext busy{often()};
        busy.queueStream(BatchQueue<int>{}) | counter.counting();
        busy.start();
        counter.reached(before + 2);
    }
    CHECK(counter.batches() >= before + 2);
}

TEST_CASE("a function that the engine runs may stop it, and must not wait for it",
    "[engine][lifecycle][parallel]")
{
    for (const Stop mode : {Stop::now, Stop::graceful}) {
        StreamingContext context{often()};
        std::atomic<int> refused{0};
        std::atomic<int> batches{0};
        context.queueStream(BatchQueue<int>{}) | foreachBatch([&](const Batch<int>&) {
            if (++batches != 2) { return; }
            try {
                context.awaitTermination();
            } catch (const IllegalState&) {
                ++refused;
            }
            context.stop(mode); // only asks
        });
        context.start();
        context.awaitTermination();
        CHECK(refused == 1);
        CHECK(batches >= 2);
        CHECK(context.state() == State::stopped);
    }
}

TEST_CASE("waiting on a thread of the io executor that was handed in is refused",
    "[engine][lifecycle][errors]")
{
    asio::io_context io{1};
    Options options = often();
    Counter counter;
    bool refused = false;
    SECTION("the executor itself")
    {
        options.io = io.get_executor();
    }
    SECTION("a strand of it")
    {
        options.io = asio::make_strand(io);
    }
    std::optional<StreamingContext> context{std::in_place, options};
    context->queueStream(BatchQueue<int>{}) | counter.counting();
    context->start();
    asio::post(options.io.get(), [&] {
        try {
            context->awaitTermination();
        } catch (const IllegalState& error) {
            refused = std::string{error.what()}.find("terminated()") != std::string::npos;
        }
        context->stop(); // only asks
    });
    io.run();
    CHECK(refused);
    CHECK(context->state() == State::stopped);
}

TEST_CASE("a context may be destroyed on a thread of the io executor that was handed in",
    "[engine][lifecycle][regression]")
{
    asio::io_context io{1};
    asio::thread_pool compute{1};
    Options options = often();
    options.io = io.get_executor();
    SECTION("with own compute threads") {}
    SECTION("with all executors handed in")
    {
        options.compute = compute.get_executor();
    }
    Counter counter;
    auto context = std::make_unique<StreamingContext>(options);
    context->queueStream(BatchQueue<int>{}) | counter.counting();
    context->start();
    while (counter.batches() < 3) {
        io.run_one();
    }
    asio::post(io, [&context] { context.reset(); });
    io.run();
    compute.join();
    CHECK(counter.batches() >= 3);
}

TEST_CASE("a coroutine can wait for the end, even beyond the life of the context",
    "[engine][lifecycle][parallel]")
{
    asio::thread_pool pool{2};
    std::vector<std::future<void>> waiting;
    {
        StreamingContext context{often()};
        Counter counter;
        context.queueStream(BatchQueue<int>{}) | counter.counting();
        context.start();
        for (int i = 0; i < 4; ++i) {
            waiting.push_back(asio::co_spawn(pool, context.terminated(), asio::use_future));
        }
        counter.reached(2);
    }
    for (auto& waiter : waiting) {
        CHECK_NOTHROW(waiter.get());
    }
}

TEST_CASE("everyone who waits sees the failure", "[engine][lifecycle][errors][parallel]")
{
    StreamingContext context{often()};
    context.queueStream(BatchQueue<int>{}) |
        foreachBatch([](const Batch<int>&) { throw std::runtime_error{"no"}; });
    context.start();
    asio::thread_pool pool{1};
    auto waiting = asio::co_spawn(pool, context.terminated(), asio::use_future);
    CHECK_THROWS_AS(context.awaitTermination(), TaskError);
    CHECK_THROWS_AS(waiting.get(), TaskError);
    CHECK_NOTHROW(context.stop(Stop::graceful)); // after the failure: changes nothing
    CHECK_THROWS_AS(context.awaitTerminationOrTimeout(1ms), TaskError);
}

TEST_CASE("a stop may come from any thread, and from several", "[engine][lifecycle][parallel]")
{
    for (int round = 0; round < 20; ++round) {
        StreamingContext context{often()};
        Counter counter;
        context.queueStream(BatchQueue<int>{}) | counter.counting();
        context.start();
        if (round % 2 == 0) { counter.reached(2); }
        std::latch together{3};
        std::vector<std::jthread> stoppers;
        for (const Stop mode : {Stop::graceful, Stop::now, Stop::graceful}) {
            stoppers.emplace_back([&context, &together, mode] {
                together.arrive_and_wait();
                context.stop(mode);
            });
        }
        context.awaitTermination();
    }
    SUCCEED("all of them ended");
}

TEST_CASE("whoever asks for a stop at once drops the batches that wait, from within one too",
    "[engine][lifecycle][regression]")
{
    TestEngine test{{.batchInterval = 1s}};
    std::vector<int> seen;
    const bool graceful = GENERATE(false, true);
    queueStream(test.runtime(), BatchQueue<int>{{1}, {2}, {3}, {4}}) |
        foreachBatch([&](const Batch<int>& batch) {
            seen.push_back(*batch.begin());
            if (graceful) { test.runtime().requestStop(Stop::graceful); }
            test.runtime().requestStop(Stop::now);
        });
    test.start();
    test.jump(4); // four batches are due at once
    CHECK(seen == std::vector{1});
    CHECK(test.runtime().state() == State::stopped);
    CHECK_NOTHROW(test.runtime().awaitTermination());
    CHECK(test.metrics().batchesCompleted == 1);
}

TEST_CASE("a stop at once that overtakes a graceful one has nothing to say of what it dropped",
    "[engine][lifecycle][regression]")
{
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        TestEngine test{{.batchInterval = 1s}, seed};
        std::vector<int> seen;
        queueStream(test.runtime(), BatchQueue<int>{{1}, {2}, {3}, {4}, {5}}) |
            foreachBatch([&](const Batch<int>& batch) {
                seen.push_back(*batch.begin());
                if (seen.size() == 2) { test.runtime().requestStop(Stop::now); }
            });
        test.start();
        test.clock().advance(4s);
        test.stop(Stop::graceful);
        CHECK(test.runtime().state() == State::stopped);
        CHECK(seen.size() <= 2);
        CHECK_NOTHROW(test.runtime().awaitTermination());
        for (const auto& event : test.runtime().events().since(0)) {
            CHECK_FALSE(std::holds_alternative<RecordsDropped>(event));
        }
    }
}

TEST_CASE("a graceful stop processes what was accepted", "[engine][lifecycle]")
{
    TestEngine test{{.batchInterval = 1s}};
    std::vector<int> seen;
    queueStream(test.runtime(), BatchQueue<int>{{1}, {2}, {3}, {4}, {5}}) |
        foreachBatch([&](const Batch<int>& batch) {
            for (const int x : batch) {
                seen.push_back(x);
            }
        });
    test.runtime().start();
    test.executor().run();
    test.clock().advance(3s); // three batches are due
    SECTION("by then")
    {
        test.executor().run();
        test.stop(Stop::graceful);
        CHECK(seen == std::vector{1, 2, 3, 4}); // the last is what came since the last tick
    }
    SECTION("before any of them was cut")
    {
        test.stop(Stop::graceful);
        CHECK(seen.size() >= 1);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            CHECK(seen[i] == static_cast<int>(i) + 1);
        }
    }
    CHECK_NOTHROW(test.runtime().awaitTermination());
}

TEST_CASE(
    "a graceful stop that runs out of time says what it dropped", "[engine][lifecycle][errors]")
{
    Options options{.batchInterval = 1s};
    options.gracefulStopTimeout = 2s;
    TestEngine test{options};
    // Nobody reads the channel: it takes the first batch, and the second one waits for room.
    const auto channel =
        queueStream(test.runtime(), BatchQueue<int>{{1}, {2, 2}, {3, 3, 3}, {4, 4, 4, 4}}) |
        sluice::toChannel(1);
    test.runtime().start();
    test.executor().run();
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    test.stop(Stop::graceful);
    test.clock().advance(1999ms);
    test.executor().run();
    CHECK(test.runtime().state() == State::active);
    test.clock().advance(1ms);
    test.executor().run();
    CHECK(test.runtime().state() == State::stopped);
    std::vector<std::size_t> dropped;
    for (const auto& event : test.runtime().events().since(0)) {
        if (const auto* drop = std::get_if<RecordsDropped>(&event)) {
            dropped.push_back(drop->records);
        }
    }
    CHECK(dropped == std::vector<std::size_t>{7});
    try {
        test.runtime().awaitTermination();
        FAIL("nothing is said");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::stopTimeout);
        CHECK(std::string{error.what()} == "sluice: stop(Stop::graceful): gracefulStopTimeout of "
                                           "2000 ms is over, dropped 7 records");
    }
}

TEST_CASE("a graceful stop may have no end of time", "[engine][lifecycle][regression]")
{
    Options options{.batchInterval = 1s};
    options.gracefulStopTimeout = Duration::max();
    TestEngine test{options};
    int batches = 0;
    queueStream(test.runtime(), BatchQueue<int>{}) |
        foreachBatch([&](const Batch<int>&) { ++batches; });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    test.stop(Stop::graceful);
    CHECK(batches == 2);
    CHECK_NOTHROW(test.runtime().awaitTermination());
}
