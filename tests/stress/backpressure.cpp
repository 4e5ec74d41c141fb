// A sender ten times faster than the pipeline, over a real socket: memory stays within the bound,
// nothing that was accepted is lost, and a run of a minute or more settles on a rate whose batches
// end within their interval.
#include <sluice/sluice.hpp>

#include "stress/sender.hpp"
#include "stress/support.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sl = sluice;
using namespace std::chrono_literals;
using sluice::stress::require;

namespace {
constexpr auto perLine = 10us; // what the pipeline takes for one: 100,000 lines/s
constexpr double linesPerSecond = 1e6;
constexpr std::size_t maxBufferedBytes = std::size_t{16} << 20U;
constexpr std::size_t lineBytes = 64;

/// Line number `i`, with its end.
void appendLine(std::string& text, std::uint64_t i)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, i).ptr;
    const auto size = static_cast<std::size_t>(end - digits);
    text.append(digits, size).append(lineBytes - size - 1, '.') += '\n';
}

/// Sends numbered lines at ten times the pipeline's speed, or as fast as they are taken.
void flood(const sluice::stress::Sender::Connection& client)
{
    constexpr std::uint64_t chunk = 1000;
    auto due = std::chrono::steady_clock::now();
    std::string text;
    for (std::uint64_t next = 0;; next += chunk) {
        text.clear();
        for (std::uint64_t i = 0; i < chunk; ++i) {
            appendLine(text, next + i);
        }
        if (!client.send(text)) { return; }
        due += std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 * chunk / linesPerSecond)};
        const auto early = std::chrono::duration_cast<std::chrono::milliseconds>(
            due - std::chrono::steady_clock::now());
        if (early > 0ms && !client.stall(early)) { return; }
        due = std::max(due, std::chrono::steady_clock::now() - 10ms); // it catches up, but not all
    }
}

/// The number of a line, after as long as the pipeline is to take for it.
std::uint64_t slowly(std::string_view line)
{
    const auto until = std::chrono::steady_clock::now() + perLine;
    std::uint64_t number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    while (std::chrono::steady_clock::now() < until) {}
    return number;
}

struct Settled {
    double meanRate = 0;
    double worst = 0;        // furthest from the mean, as a share of it
    double longestShare = 0; // of the interval, that a batch took
    std::size_t mostBuffered = 0;
    std::uint64_t accepted = 0;
};

Settled judge(const std::vector<sl::Event>& events, sl::Duration interval)
{
    Settled settled;
    std::vector<double> rates;
    for (const auto& event : events) {
        if (const auto* cut = std::get_if<sl::BatchSubmitted>(&event)) {
            settled.accepted += cut->records;
            for (const auto& input : cut->inputs) {
                settled.mostBuffered = std::max(settled.mostBuffered, input.bufferedBytes);
                if (cut->index >= 11 && input.rateLimit) { rates.push_back(*input.rateLimit); }
            }
        }
        if (const auto* done = std::get_if<sl::BatchCompleted>(&event); done && done->index >= 11) {
            const std::chrono::duration<double> took = *done->processingTime();
            settled.longestShare =
                std::max(settled.longestShare, took / std::chrono::duration<double>{interval});
        }
    }
    for (const double rate : rates) {
        settled.meanRate += rate / static_cast<double>(rates.size());
    }
    for (const double rate : rates) {
        settled.worst = std::max(settled.worst, std::abs(rate / settled.meanRate - 1));
    }
    return settled;
}
} // namespace

int main(int argc, char** argv)
{
    sluice::stress::Run run{argc, argv};
    const auto length = run.until() - std::chrono::steady_clock::now();
    const auto interval =
        std::max(std::chrono::duration_cast<sl::Duration>(length / 60), sl::Duration{20});

    const sluice::stress::Sender sender{&flood};
    const auto before = sluice::stress::residentBytes();
    std::size_t most = before;
    std::uint64_t seen = 0;
    sl::Options options{.batchInterval = interval, .parallelism = 1};
    options.maxBufferedBytes = maxBufferedBytes;
    options.gracefulStopTimeout = 5min;
    sl::StreamingContext context{options};
    context.socketTextStream("127.0.0.1", sender.port()) | sl::map(&slowly) |
        sl::foreachBatch([&](const sl::Batch<std::uint64_t>& batch) {
            for (const std::uint64_t number : batch) {
                require(number == seen, "a line was lost, or came twice");
                ++seen;
            }
            most = std::max(most, sluice::stress::residentBytes());
        });
    context.start();
    (void)context.awaitTerminationOrTimeout(std::chrono::duration_cast<sl::Duration>(length));
    context.stop(sl::Stop::graceful);
    context.awaitTermination();
    (void)run.nextSeed();

    if (std::getenv("SLUICE_STRESS_VERBOSE") != nullptr) {
        for (const auto& event : context.events()) {
            const auto* done = std::get_if<sl::BatchCompleted>(&event);
            if (done == nullptr) { continue; }
            std::printf("batch %llu: %zu lines, limit %.0f lines/s, waited %.0f ms, took %.0f ms\n",
                static_cast<unsigned long long>(done->index), done->records,
                done->inputs.front().rateLimit.value_or(0),
                std::chrono::duration<double, std::milli>{*done->schedulingDelay()}.count(),
                std::chrono::duration<double, std::milli>{*done->processingTime()}.count());
        }
    }
    const Settled settled = judge(context.events(), interval);
    std::printf(
        "interval %lld ms, %llu lines, mean rate %.0f lines/s, worst %.1f %% off it, longest "
        "batch %.2f intervals, most buffered %.1f MB, memory %+.1f MB\n",
        static_cast<long long>(interval.count()), static_cast<unsigned long long>(seen),
        settled.meanRate, 100 * settled.worst, settled.longestShare,
        static_cast<double>(settled.mostBuffered) / 1e6, static_cast<double>(most - before) / 1e6);
    std::fflush(stdout);
    require(seen == settled.accepted, "a graceful stop lost lines that were accepted");
    require(seen > 0, "nothing came");
    require(settled.mostBuffered <= maxBufferedBytes + (std::size_t{1} << 20U),
        "more was buffered than maxBufferedBytes and one read");
    // Records and their batches take memory beside the bytes that were received.
    require(most - before <= 4 * maxBufferedBytes, "memory grew beyond what the buffer explains");
    if (length >= 55s) {
        require(settled.worst <= 0.2, "the rate strayed more than 20 % from its mean");
        require(settled.longestShare < 1, "a batch took longer than the interval");
    }
    return run.end();
}
