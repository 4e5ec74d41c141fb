// Counts the words of the lines that a TCP server sends, batch by batch.
//
//     nc -lk 9999                      in one terminal, to type into
//     word_count localhost 9999        in another; Ctrl-C stops it without losing a line

#include <sluice/sluice.hpp>
#include <sluice/stop_on_signals.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace sl = sluice;
using namespace std::chrono_literals;

namespace {
using Count = std::pair<std::string_view, long>;
using Seconds = std::chrono::duration<double>;

struct Arguments {
    std::string host;
    std::uint16_t port = 0;
    const char* totalsFile = nullptr; // where to write all counts when the server closes
};

std::optional<Arguments> parse(int count, char** words)
{
    Arguments arguments;
    if (count != 3 && !(count == 5 && std::strcmp(words[3], "--demo-totals") == 0)) { return {}; }
    arguments.host = words[1];
    const std::string_view port = words[2];
    const char* end = port.data() + port.size();
    const auto parsed = std::from_chars(port.data(), end, arguments.port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || arguments.port == 0) { return {}; }
    if (count == 5) { arguments.totalsFile = words[4]; }
    return arguments;
}

void printTop(const sl::Batch<Count>& batch, std::size_t n)
{
    std::vector<Count> top{batch.begin(), batch.end()};
    const auto shown = std::min(n, top.size());
    const auto middle = top.begin() + static_cast<std::ptrdiff_t>(shown);
    std::partial_sort(top.begin(), middle, top.end(), [](const Count& a, const Count& b) {
        return std::pair{-a.second, a.first} < std::pair{-b.second, b.first};
    });
    std::printf("%s: %zu lines, %zu distinct words", sl::toString(batch.time()).c_str(),
        batch.metadata().inputRecords, top.size());
    for (std::size_t i = 0; i < shown; ++i) {
        std::printf("%s %.*s %ld", i == 0 ? ":" : ",", static_cast<int>(top[i].first.size()),
            top[i].first.data(), top[i].second);
    }
    std::printf("\n");
    std::fflush(stdout);
}

/// Adds up the counts of all batches.
class Totals {
public:
    void add(const sl::Batch<Count>& batch)
    {
        for (const auto& [word, count] : batch) {
            counts_[std::string{word}] += count;
            words_ += count;
        }
    }

    [[nodiscard]] long words() const { return words_; }

    [[nodiscard]] bool writeTo(const char* file) const
    {
        std::FILE* out = std::fopen(file, "w");
        if (out == nullptr) { return false; }
        for (const auto& [word, count] : counts_) {
            std::fprintf(out, "%ld %s\n", count, word.c_str());
        }
        return std::fclose(out) == 0;
    }

private:
    std::unordered_map<std::string, long> counts_;
    long words_ = 0;
};

bool serverClosed(const std::vector<sl::Event>& events)
{
    const auto connected = std::find_if(events.begin(), events.end(),
        [](const sl::Event& event) { return std::holds_alternative<sl::ReceiverStarted>(event); });
    return std::any_of(connected, events.end(),
        [](const sl::Event& event) { return std::holds_alternative<sl::ReceiverStopped>(event); });
}

void printSummary(const std::vector<sl::Event>& events, long words)
{
    std::vector<double> times;
    std::size_t lines = 0;
    std::optional<sl::Instant> first;
    sl::Instant last{};
    for (const auto& event : events) {
        const auto* batch = std::get_if<sl::BatchCompleted>(&event);
        if (batch == nullptr) { continue; }
        lines += batch->records;
        times.push_back(Seconds{*batch->processingTime()}.count());
        if (!first) { first = batch->started; }
        last = *batch->ended;
    }
    if (times.empty()) { return; }
    double busy = 0;
    for (double time : times) {
        busy += time;
    }
    std::sort(times.begin(), times.end());
    const auto percentile = [&](std::size_t p) {
        return 1e3 * times[(times.size() - 1) * p / 100];
    };
    std::printf(
        "%zu batches, %zu lines, %ld words in %.1f s; %.1f million words/s while processing; "
        "processing time p50 %.1f ms, p99 %.1f ms\n",
        times.size(), lines, words, Seconds{last - *first}.count(),
        static_cast<double>(words) / busy / 1e6, percentile(50), percentile(99));
}

int run(const Arguments& arguments)
{
    sl::StreamingContext context{{.batchInterval = 1s}};
    Totals totals;
    context.socketTextStream(arguments.host, arguments.port) | sl::flatMap(sl::words) |
        sl::map([](std::string_view word) {
            return std::pair{word, 1L};
        }) |
        sl::reduceByKey(std::plus{}) | sl::foreachBatch([&](const sl::Batch<Count>& batch) {
            printTop(batch, 5);
            totals.add(batch);
            if (arguments.totalsFile != nullptr && serverClosed(context.events())) {
                context.requestStop(sl::Stop::graceful);
            }
        });

    sl::stopOnSignals(context);
    context.start();
    context.awaitTermination();

    printSummary(context.events(), totals.words());
    if (arguments.totalsFile != nullptr && !totals.writeTo(arguments.totalsFile)) {
        std::fprintf(stderr, "word_count: cannot write %s\n", arguments.totalsFile);
        return 1;
    }
    return 0;
}
} // namespace

int main(int argc, char** argv)
{
    const auto arguments = parse(argc, argv);
    if (!arguments) {
        std::fprintf(stderr, "usage: word_count HOST PORT [--demo-totals FILE]\n");
        return 2;
    }
    try {
        return run(*arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "word_count: %s\n", error.what());
        return 1;
    }
}
