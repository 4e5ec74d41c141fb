// A service with threads of its own, which the context shares.

#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace sl = sluice;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
/// Stops the context after some batches. On a thread of `compute`, as all listeners.
class StopAfter : public sl::StreamingListener {
public:
    StopAfter(sl::StreamingContext& context, std::uint64_t batches)
        : context_{context}, batches_{batches}
    {
    }

    void onBatchCompleted(const sl::BatchCompleted& batch) override
    {
        if (batch.index + 1 == batches_) { context_.requestStop(sl::Stop::graceful); }
    }

private:
    sl::StreamingContext& context_;
    std::uint64_t batches_;
};

/// A coroutine of the service. `context.awaitTermination()` would throw here: this thread is one
/// that the context needs for its end.
asio::awaitable<void> untilStopped(sl::StreamingContext& context, asio::signal_set& signals)
{
    std::exception_ptr failure;
    try {
        co_await context.terminated();
    } catch (...) {
        failure = std::current_exception();
    }
    signals.cancel(); // nothing is left to do for io
    if (failure) { std::rethrow_exception(failure); }
}
} // namespace

int main()
{
    asio::io_context io;
    asio::thread_pool compute{2};
    sl::Options options{.batchInterval = 50ms, .parallelism = 2};
    options.io = io.get_executor();
    options.compute = compute.get_executor();
    sl::StreamingContext context{options}; // after what it uses, so that it goes first

    std::int64_t total = 0;
    sl::BatchQueue<std::string> requests;
    const auto addUp = [&total](const sl::Batch<std::int64_t>& count) { total += *count.begin(); };
    context.queueStream(requests, false) | sl::count() | sl::foreachBatch(addUp);
    context.addStreamingListener(std::make_shared<StopAfter>(context, 3));

    asio::signal_set signals{io, SIGINT, SIGTERM}; // the service's, instead of stopOnSignals
    signals.async_wait([&context](boost::system::error_code error, int) {
        if (!error) { context.requestStop(sl::Stop::graceful); }
    });

    context.start();
    requests.push({"GET /", "GET /favicon.ico"}); // from any thread, at any time
    std::exception_ptr failure;
    asio::co_spawn(io, untilStopped(context, signals),
        [&failure](const std::exception_ptr& thrown) { failure = thrown; });
    std::thread second{[&io] { io.run(); }};
    io.run();
    second.join();

    std::cout << total << (failure ? " requests, and a failure\n" : " requests\n");
    return failure ? 1 : 0;
}
