// Records from outside on a context with a 1 ms interval, up to a sum over their sizes: a file of
// lines (stdinStream), and a flood of datagrams on the loopback address (udpStream), of which those
// that the system drops are no items.
//
// hand: a loop that reads and adds up. SLUICE_BENCH_SHORT=1 takes fewer. Items are records.
// bench: --benchmark_min_time=0.2
#include <sluice/input/stdin_stream.hpp>
#include <sluice/input/udp_stream.hpp>
#include <sluice/sluice.hpp>

#include "support/random_records.hpp" // fewer

#include <benchmark/benchmark.h>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Texts = sluice::Batch<std::string_view>;

sluice::Options everyMillisecond()
{
    sluice::Options options{.batchInterval = sluice::Duration{1}, .parallelism = 1};
    options.backpressure.enabled = false;
    return options;
}

/// A file of lines that is gone when it is closed.
class LinesFile {
public:
    explicit LinesFile(std::size_t lines)
    {
        for (std::size_t i = 0; i < lines; ++i) {
            std::fprintf(file_.get(), "line %zu of some length\n", i);
        }
        std::fflush(file_.get());
    }

    [[nodiscard]] int rewound() const
    {
        const int fd = ::fileno(file_.get());
        ::lseek(fd, 0, SEEK_SET);
        return fd;
    }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), &std::fclose};
};

std::size_t linesBySluice(int fd, std::size_t lines)
{
    sluice::StreamingContext context{everyMillisecond()};
    std::size_t found = 0;
    std::size_t sum = 0;
    sluice::stdinStream(context, fd) | sluice::foreachBatch([&](const Texts& batch) {
        for (const auto line : batch) {
            sum += line.size();
            ++found;
        }
        if (found == lines) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    return sum;
}

std::size_t linesByHand(int fd, std::size_t /*lines*/)
{
    std::vector<char> buffer(std::size_t{256} * 1024);
    std::size_t used = 0;
    std::size_t sum = 0;
    for (;;) {
        const auto bytes = ::read(fd, buffer.data() + used, buffer.size() - used);
        if (bytes <= 0) { return sum; }
        std::string_view rest{buffer.data(), used + static_cast<std::size_t>(bytes)};
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            sum += end;
            rest.remove_prefix(end + 1);
        }
        used = rest.size();
        std::memmove(buffer.data(), rest.data(), used);
    }
}

void readLines(benchmark::State& state, std::size_t (*read)(int, std::size_t))
{
    const std::size_t lines = records::fewer() ? 200'000 : 2'000'000;
    const LinesFile file{lines};
    for (auto _ : state) {
        std::size_t sum = read(file.rewound(), lines);
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines));
}

/// Floods an address of this machine with datagrams, and then says the end until it is heard.
class Flood {
public:
    static constexpr std::size_t datagramBytes = 100;

    Flood(sockaddr_in target, std::size_t datagrams)
        : thread_{[this, target, datagrams] {
              const std::string text(datagramBytes, 'x');
              for (std::size_t i = 0; i < datagrams; ++i) {
                  send(text, target);
              }
              while (!heard_) {
                  send("end", target);
                  std::this_thread::sleep_for(std::chrono::microseconds{100});
              }
              ::close(socket_);
          }}
    {
    }
    ~Flood() { thread_.join(); }

    void heardEnd() { heard_ = true; }

private:
    void send(std::string_view text, const sockaddr_in& target) const
    {
        (void)::sendto(socket_, text.data(), text.size(), 0,
            reinterpret_cast<const sockaddr*>(&target), sizeof target);
    }

    int socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    std::atomic<bool> heard_ = false;
    std::thread thread_;
};

constexpr std::size_t datagrams = 20'000;

sockaddr_in floodTarget()
{
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_addr.s_addr =
        htonl(0x7F530000U | (static_cast<std::uint32_t>(::getpid()) & 0xFFFFU));
    target.sin_port = htons(5140);
    return target;
}

std::size_t floodBySluice()
{
    const auto target = floodTarget();
    sluice::StreamingContext context{everyMillisecond()};
    std::optional<Flood> flood;
    std::size_t found = 0;
    sluice::udpStream(
        context, {.address = ::inet_ntoa(target.sin_addr), .port = 5140, .maxDatagram = 1000}) |
        sluice::foreachBatch([&](const Texts& batch) {
            for (const auto record : batch) {
                if (record.size() == Flood::datagramBytes) {
                    ++found;
                } else {
                    flood->heardEnd();
                    context.requestStop();
                }
            }
        });
    flood.emplace(target, datagrams);
    context.start();
    context.awaitTermination();
    return found;
}

std::size_t floodByHand()
{
    const auto target = floodTarget();
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    (void)::bind(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target);
    Flood flood{target, datagrams};
    std::vector<char> space(1000);
    std::size_t found = 0;
    while (::recv(socket, space.data(), space.size(), 0) ==
           static_cast<ssize_t>(Flood::datagramBytes)) {
        ++found;
    }
    flood.heardEnd();
    ::close(socket);
    return found;
}

void receiveFlood(benchmark::State& state, std::size_t (*receive)())
{
    std::size_t found = 0;
    for (auto _ : state) {
        found += receive();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(found));
}

const bool entered = [] {
    const auto add = [](const std::string& name, auto function, auto contender) {
        benchmark::RegisterBenchmark(("io_sources/" + name).c_str(), function, contender)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    };
    add("stdinStream/lines/hand", &readLines, &linesByHand);
    add("stdinStream/lines/sluice", &readLines, &linesBySluice);
    add("udpStream/flood/hand", &receiveFlood, &floodByHand);
    add("udpStream/flood/sluice", &receiveFlood, &floodBySluice);
    return true;
}();

} // namespace
