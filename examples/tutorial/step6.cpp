// Step 6: the options that matter in production, and the counts in a coroutine of the program's
// own.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sl = sluice;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
using Count = std::pair<std::string_view, long>;

sl::Options optionsOn(asio::io_context& io)
{
    // [options]
    sl::Options options{.batchInterval = 50ms, .parallelism = 2};
    options.io = io.get_executor();       // sockets and timers join the program's own
    options.maxBufferedBytes = 8U << 20U; // of each receiver; a full buffer suspends it
    options.maxRate = 10'000;             // records per second of each receiver, at most
    options.backpressure.enabled = true;  // the default: fewer where batches take too long
    options.maxTaskFailures = 2;          // one more attempt
    options.onBatchFailure = sl::OnBatchFailure::proceed;
    options.gracefulStopTimeout = 5s; // what is not processed by then is dropped
    // [options]
    return options;
}

/// Brings a block of lines now and then, never two in one batch.
sl::Awaitable<void> device(sl::Emitter<std::string>& emitter)
{
    const std::vector<std::vector<std::string>> blocks{{"to be", "or not to be"},
        {"that is the", "questionquestionquestion"}, {"whether it is nobler"}};
    for (const auto& block : blocks) {
        co_await emitter.emit(block);
        co_await emitter.sleep(100ms);
    }
}

// [one]
Count one(std::string_view word)
{
    if (word.size() > 20) { throw std::length_error{"a word of more than 20 bytes"}; }
    return {word, 1L};
}
// [one]

// [reader]
asio::awaitable<void> printCounts(sl::StreamingContext& context, sl::Channel<Count> counts)
{
    while (const auto batch = co_await counts.next()) {
        for (const auto& [word, count] : std::map(batch->begin(), batch->end())) {
            std::cout << count << ' ' << word << '\n';
        }
        const sl::SourceMetrics source = context.metrics().sources.at(0);
        if (!source.active) { context.requestStop(sl::Stop::graceful); }
    }
}
// [reader]

// [rethrow]
void rethrow(const std::exception_ptr& failure)
{
    if (failure) { std::rethrow_exception(failure); }
}
// [rethrow]
} // namespace

int main()
{
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});

    // [main]
    asio::io_context io;
    sl::StreamingContext context{optionsOn(io)};
    const auto lines = sl::receiverStream<std::string>(context, device, {.name = "device"});
    auto counts = lines | wordCount | sl::toChannel(4);
    context.start();
    asio::co_spawn(io, printCounts(context, std::move(counts)), rethrow);
    io.run();

    const sl::Metrics metrics = context.metrics();
    std::cout << metrics.batchesFailed << " batch failed, " << metrics.processedRecords
              << " records\n";
    // [main]
}
