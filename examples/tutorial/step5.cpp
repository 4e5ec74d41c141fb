// Step 5: a receiver of one's own, and a listener that hears what becomes of it.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include "totals.hpp"

#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sl = sluice;
using namespace std::chrono_literals;

namespace {
// [receiver]
/// Reads lines from a device that breaks once.
class Device {
public:
    sl::Awaitable<void> operator()(sl::Emitter<std::string>& emitter)
    {
        while (next_ < lines_.size()) {
            const std::string line = lines_[next_++];
            if (line == "*") { throw std::runtime_error{"the device does not answer"}; }
            if (line.size() > 20) {
                emitter.reportRefused("a line of " + std::to_string(line.size()) + " bytes");
                continue;
            }
            co_await emitter.emit(line);
            co_await emitter.sleep(1ms);
        }
    }

private:
    std::vector<std::string> lines_{
        "to be", "or not to be", "*", "that is the question whether", "it is nobler", "to be"};
    std::size_t next_ = 0;
};
// [receiver]

// [listener]
/// Prints what becomes of the receiver, and stops the context once it is done.
class Watch : public sl::StreamingListener {
public:
    explicit Watch(sl::StreamingContext& context) : context_{context} {}

    void onReceiverStarted(const sl::ReceiverStarted& event) override
    {
        std::cout << event.name << " started\n";
    }
    void onRecordsRefused(const sl::RecordsRefused& event) override
    {
        std::cout << event.name << " refused " << event.message << '\n';
    }
    void onReceiverStopped(const sl::ReceiverStopped& event) override
    {
        std::cout << event.name << " stopped: " << (event.restarts ? event.message : "done")
                  << '\n';
        if (!event.restarts) { context_.requestStop(sl::Stop::graceful); }
    }

private:
    sl::StreamingContext& context_;
};
// [listener]
} // namespace

int main()
{
    const auto one = [](std::string_view word) { return std::pair{word, 1L}; };
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});

    // [main]
    sl::StreamingContext context{{.batchInterval = 50ms, .reconnect = {.first = 10ms}}};
    const auto lines = sl::receiverStream<std::string>(context, Device{}, {.name = "device"});
    const Totals totals;
    lines | wordCount | sl::foreachBatch(totals);
    context.addStreamingListener(std::make_shared<Watch>(context));
    context.start();
    context.awaitTermination();
    totals.print();

    for (const sl::SourceMetrics& source : context.metrics().sources) {
        std::cout << source.name << ": " << source.records << " records, " << source.refused
                  << " refused, " << source.starts << " starts\n";
    }
    // [main]
}
