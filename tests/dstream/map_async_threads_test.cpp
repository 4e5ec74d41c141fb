#include <sluice/dstream/map_async.hpp>

#include <sluice/engine/signal.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>

#include "support/catch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Asynchronous calls on real threads, by the system's clock. Nothing here depends on timing.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::mapAsync, sluice::Options, sluice::Stop;
using sluice::engine::Runtime, sluice::engine::Signal;

namespace {
/// Suspends whoever comes until `number` have come.
class Meeting {
public:
    explicit Meeting(int number) : number_{number} {}

    asio::awaitable<void> come()
    {
        ++there_;
        met_.notify();
        while (!isFull()) {
            co_await met_.wait([this] { return isFull(); });
        }
    }

    [[nodiscard]] bool isFull() const { return there_ >= number_; }

private:
    int number_;
    std::atomic<int> there_{0};
    Signal met_;
};

asio::awaitable<int> forever(int x)
{
    asio::steady_timer never{
        co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    co_await never.async_wait(asio::use_awaitable);
    co_return x;
}

std::vector<int> upTo(int number)
{
    std::vector<int> all(static_cast<std::size_t>(number));
    std::iota(all.begin(), all.end(), 0);
    return all;
}
} // namespace

TEST_CASE("calls that wait hold no thread, and any number of threads may end them",
    "[dstream][mapAsync][parallel]")
{
    for (const std::size_t threads : {1U, 2U, 4U}) {
        CAPTURE(threads);
        Meeting meeting{100};
        Runtime runtime{{.batchInterval = 1ms, .parallelism = threads}};
        const auto meet = [&meeting](int x) -> asio::awaitable<int> {
            co_await meeting.come();
            co_await asio::post(asio::use_awaitable);
            co_return 2 * x;
        };
        std::vector<int> seen;
        sluice::queueStream(runtime, sluice::BatchQueue<int>{upTo(1000)}) |
            mapAsync({.concurrency = 100, .timeout = 60s}, meet) |
            sluice::foreachBatch([&](const Batch<int>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
                if (!seen.empty()) { runtime.requestStop(Stop::now); }
            });
        runtime.start();
        runtime.awaitTermination();
        REQUIRE(seen.size() == 1000);
        for (int i = 0; i < 1000; ++i) {
            CHECK(seen[static_cast<std::size_t>(i)] == 2 * i);
        }
    }
}

TEST_CASE(
    "a stop ends calls that would wait forever, whenever it comes", "[dstream][mapAsync][parallel]")
{
    for (int run = 0; run < 20; ++run) {
        std::atomic<int> calls{0};
        Runtime runtime{{.batchInterval = 1ms, .parallelism = 2}};
        const auto function = [&calls](int x) {
            ++calls;
            return forever(x);
        };
        sluice::queueStream(runtime, sluice::BatchQueue<int>{upTo(50)}) | mapAsync(30, function) |
            sluice::foreachBatch([](const Batch<int>&) {});
        runtime.start();
        while (calls <= run) {
            std::this_thread::yield();
        }
        runtime.stop(Stop::now);
        CHECK_NOTHROW(runtime.awaitTermination());
        CHECK(calls <= 30);
    }
}

TEST_CASE("calls time out by the system's clock", "[dstream][mapAsync][parallel][errors]")
{
    Options options{.batchInterval = 1ms, .parallelism = 2, .maxTaskFailures = 3};
    options.onRecordFailure = sluice::OnRecordFailure::skip;
    std::atomic<int> calls{0};
    Runtime runtime{options};
    const auto function = [&calls](int x) -> asio::awaitable<int> {
        ++calls;
        co_return x % 2 == 0 ? x : co_await forever(x);
    };
    std::vector<int> seen;
    sluice::queueStream(runtime, sluice::BatchQueue<int>{upTo(40)}) |
        mapAsync({.concurrency = 8, .timeout = 2ms}, function) |
        sluice::foreachBatch([&](const Batch<int>& batch) {
            seen.insert(seen.end(), batch.begin(), batch.end());
            if (!seen.empty()) { runtime.requestStop(Stop::now); }
        });
    runtime.start();
    runtime.awaitTermination();
    CHECK(calls >= 60); // on a machine that stands still the others may take too long as well
    for (const int x : seen) {
        CHECK(x % 2 == 0);
    }
}

TEST_CASE("calls run on a compute executor that is handed in", "[dstream][mapAsync]")
{
    asio::io_context context;
    const auto work = asio::make_work_guard(context);
    std::thread thread{[&context] { context.run(); }};
    {
        Options options{.batchInterval = 1ms};
        options.compute = context.get_executor();
        Runtime runtime{options};
        std::vector<std::thread::id> ids;
        const auto function = [&ids](int x) -> asio::awaitable<int> {
            ids.push_back(std::this_thread::get_id());
            co_await asio::post(asio::use_awaitable);
            co_return x;
        };
        std::size_t seen = 0;
        sluice::queueStream(runtime, sluice::BatchQueue<int>{upTo(10)}) | mapAsync(3, function) |
            sluice::foreachBatch([&](const Batch<int>& batch) {
                seen += batch.size();
                if (seen == 10) { runtime.requestStop(Stop::graceful); }
            });
        runtime.start();
        runtime.awaitTermination();
        CHECK(seen == 10);
        CHECK(ids == std::vector<std::thread::id>(10, thread.get_id()));
    }
    context.stop();
    thread.join();
}

TEST_CASE("a call that cannot be ended keeps neither the stop nor the end of the context",
    "[dstream][mapAsync][parallel][errors]")
{
    sluice::engine::Continuation stubborn;
    {
        Runtime runtime{{.batchInterval = 1ms, .parallelism = 2}};
        std::atomic<bool> called{false};
        const auto function = [&](int x) -> asio::awaitable<int> {
            co_await sluice::engine::suspend([&](sluice::engine::Continuation continuation) {
                stubborn = std::move(continuation);
                called = true;
            });
            co_return x;
        };
        sluice::queueStream(runtime, sluice::BatchQueue<int>{{1}}) | mapAsync(1, function) |
            sluice::foreachBatch([](const Batch<int>&) {});
        runtime.start();
        while (!called) {
            std::this_thread::yield();
        }
        runtime.stop(Stop::now);
    }
    CHECK(stubborn);
    stubborn = {};
}
