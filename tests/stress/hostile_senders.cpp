// Servers that stall, flood, break off within a line, connect and go, lie about the lengths of
// frames, and send a line of a gigabyte (64 MB in a short run): all of it is survived, counted and
// reported, and the honest lines come.
#include <sluice/algebra/framing.hpp>
#include <sluice/input/socket_stream.hpp>
#include <sluice/sluice.hpp>

#include "stress/sender.hpp"
#include "stress/support.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <variant>

namespace sl = sluice;
using namespace std::chrono_literals;
using sluice::stress::require;
using Connection = sluice::stress::Sender::Connection;

namespace {
sl::Options quick()
{
    sl::Options options{.batchInterval = 5ms, .parallelism = 2};
    options.reconnect = {.first = 1ms, .atMost = 5ms};
    options.maxLineBytes = 1000;
    options.maxBufferedBytes = std::size_t{4} << 20U;
    return options;
}

/// Runs until `enough` honest lines have come, and judges what else did.
class Victim {
public:
    Victim(std::uint16_t port, std::uint64_t enough)
        : Victim{[port](sl::StreamingContext& context) {
                     return context.socketTextStream("127.0.0.1", port);
                 },
              enough}
    {
    }

    /// `makeStream(context)` makes the stream of text.
    template <class MakeStream>
    Victim(MakeStream makeStream, std::uint64_t enough) : context_{quick()}
    {
        makeStream(context_) |
            sl::foreachBatch([this, enough](const sl::Batch<std::string_view>& batch) {
                for (const auto line : batch) {
                    require(line.size() <= 1000, "a line longer than maxLineBytes came through");
                    honest_ += line == "honest" ? 1U : 0U;
                }
                most_ = std::max(most_, sluice::stress::residentBytes());
                if (honest_ >= enough) { context_.requestStop(sl::Stop::now); }
            });
        context_.start();
    }

    sl::Metrics ended()
    {
        const bool inTime = context_.awaitTerminationOrTimeout(2min);
        require(inTime, "the honest lines did not come");
        return context_.metrics();
    }

    [[nodiscard]] std::size_t mostMemory() const { return most_; }

private:
    sl::StreamingContext context_;
    std::uint64_t honest_ = 0;
    std::size_t most_ = 0;
};

void longLine(std::size_t bytes)
{
    const sluice::stress::Sender sender{[bytes](const Connection& client) {
        const std::string block(1 << 20, 'x');
        bool there = client.send("honest\n");
        for (std::size_t sent = 0; there && sent < bytes; sent += block.size()) {
            there = client.send(block);
        }
        there = there && client.send("\nhonest\n");
        while (there) { // stays until the victim has seen enough
            there = client.stall(1ms) && client.send("honest\n");
        }
    }};
    const auto before = sluice::stress::residentBytes();
    Victim victim{sender.port(), 3};
    const auto metrics = victim.ended();
    require(metrics.sources.at(0).refused == 1, "the long line was not refused once");
    require(victim.mostMemory() < before + (std::size_t{64} << 20U), "the long line was buffered");
}

void breaksWithinLines(std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    const sluice::stress::Sender sender{[&random](const Connection& client) {
        std::string bytes = "honest\n";
        for (auto n = random() % 2000; n > 0; --n) {
            bytes += static_cast<char>(random() % 256);
        }
        (void)client.send(bytes);
        if (random() % 2 == 0) { client.reset(); }
    }};
    Victim victim{sender.port(), 50};
    const auto metrics = victim.ended();
    const auto& source = metrics.sources.at(0);
    require(source.reconnects >= 20, "a broken connection was not reported");
    require(source.errors >= source.reconnects, "an end was not counted");
}

/// Frames that are said to be up to a gigabyte long, or longer than may be, and never come.
void liesAboutLengths(std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    const sluice::stress::Sender sender{[&random](const Connection& client) {
        std::string bytes{"\0\0\0\6honest", 10};
        bytes += static_cast<char>(random() % 2 == 0 ? 0x3F : 0xFF);
        for (auto n = random() % 100'000; n > 0; --n) {
            bytes += static_cast<char>(random() % 256);
        }
        (void)client.send(bytes);
        if (random() % 2 == 0) { client.reset(); }
    }};
    const auto before = sluice::stress::residentBytes();
    const auto frames = [&sender](sl::StreamingContext& context) {
        return sl::socketStream(context, "127.0.0.1", sender.port(),
            sl::lengthPrefixed({.maxFrame = std::size_t{1} << 30U}));
    };
    Victim victim{frames, 50};
    const auto metrics = victim.ended();
    const auto& source = metrics.sources.at(0);
    require(source.refused >= source.reconnects, "a frame that never came was not counted");
    require(victim.mostMemory() < before + (std::size_t{64} << 20U), "a length was believed");
}

void stalls()
{
    const sluice::stress::Sender sender{[](const Connection& client) {
        while (client.send("hon")) {
            if (!client.stall(7ms) || !client.send("est\n")) { return; }
        }
    }};
    Victim victim{sender.port(), 20};
    (void)victim.ended();
}

void floods()
{
    const sluice::stress::Sender sender{[](const Connection& client) {
        std::string block;
        while (block.size() < (1U << 20U)) {
            block += "honest\n\n\r\n\r";
        }
        while (client.send(block)) {}
    }};
    const auto before = sluice::stress::residentBytes();
    Victim victim{sender.port(), 5'000'000};
    (void)victim.ended();
    require(victim.mostMemory() < before + (std::size_t{256} << 20U), "a flood was buffered");
}
} // namespace

int main(int argc, char** argv)
{
    sluice::stress::Run run{argc, argv};
    const bool isLong = run.until() - std::chrono::steady_clock::now() > 30s;
    longLine(std::size_t{1} << (isLong ? 30U : 26U));
    while (run.goesOn()) {
        breaksWithinLines(run.nextSeed());
        liesAboutLengths(run.nextSeed());
        stalls();
        floods();
    }
    return run.end();
}
