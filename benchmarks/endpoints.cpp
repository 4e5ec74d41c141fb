// Each source and output by itself, against the loop that a person would write:
// endpoints/<name>/<contender>. But for the socket all run on an engine without threads, a batch of
// 100,000 integers in one partition; what comes is added up, or printed to nowhere.

#include <sluice/input/generator_stream.hpp>
#include <sluice/input/pull_stream.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/input/receiver_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/output/to_channel.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using Int = std::uint64_t;
using Ints = std::vector<Int>;
using sluice::testing::TestEngine;

constexpr std::size_t count = 100'000;
constexpr auto square = [](Int i) { return i * i; };

const Ints& numbers()
{
    static const Ints all = [] {
        Ints made(count);
        std::iota(made.begin(), made.end(), Int{0});
        return made;
    }();
    return all;
}

/// An output that adds up by partitions.
struct AddUp {
    Int* sum;
    void operator()(const sluice::Batch<Int>& batch) const
    {
        for (const auto& partition : batch.partitions()) {
            *sum = std::accumulate(partition.begin(), partition.end(), *sum);
        }
    }
};

/// An endless log whose offsets are its records.
struct Log {
    Int end = 0;
    std::vector<std::uint64_t> latest() { return {end += count}; }
    Ints read(const sluice::OffsetRange& range) const
    {
        Ints records(range.until - range.from);
        std::iota(records.begin(), records.end(), range.from);
        return records;
    }
    void acknowledge(const sluice::OffsetRange&) const {}
};

asio::awaitable<void> emitBlocks(sluice::Emitter<Int>& emitter)
{
    while (!emitter.stopping()) {
        Ints block = numbers();
        co_await emitter.emit(std::move(block));
        co_await emitter.sleep(1s); // an interval
    }
}

asio::awaitable<void> addUp(sluice::Channel<Int> channel, Int* sum)
{
    const AddUp add{sum};
    while (const auto batch = co_await channel.next()) {
        add(*batch);
    }
}

/// Text goes nowhere.
class Nowhere : public std::streambuf {
    int_type overflow(int_type c) override { return traits_type::not_eof(c); }
    std::streamsize xsputn(const char*, std::streamsize n) override { return n; }
};

/// What a case runs on; each batch finds `numbers()` in its queue where it reads that.
struct Bench {
    TestEngine engine;
    sluice::BatchQueue<Int> queue;
    Int sum = 0;
    Nowhere nowhere;
    std::ostream out{&nowhere};

    auto& context() { return engine.runtime(); }
    auto ints() { return sluice::queueStream(context(), queue); }
};

Int handPrint(Bench& bench)
{
    for (const Int i : numbers()) {
        bench.out << i << '\n';
    }
    return 0;
}

/// A copy of the numbers, as a queue gets it, added up.
Int handAddUp(Bench&)
{
    Ints copy = numbers();
    benchmark::DoNotOptimize(copy.data());
    return std::accumulate(copy.begin(), copy.end(), Int{0});
}

struct Case {
    const char* name;
    bool queued; // whether it reads the queue
    void (*sluice)(Bench& bench);
    Int (*hand)(Bench& bench);
};

constexpr std::array cases{
    Case{"queueStream", true,
        [](Bench& bench) { bench.ints() | sluice::foreachBatch(AddUp{&bench.sum}); }, &handAddUp},
    Case{"foreachBatch", true,
        [](Bench& bench) {
            bench.ints() | sluice::foreachBatch([&bench](const sluice::Batch<Int>& batch) {
                for (const Int i : batch) { // as most functions read it
                    bench.sum += i;
                }
            });
        },
        &handAddUp},
    Case{"toChannel", true,
        [](Bench& bench) {
            asio::co_spawn(bench.engine.executor().executor(),
                addUp(bench.ints() | sluice::toChannel(), &bench.sum), asio::detached);
        },
        &handAddUp},
    Case{"print", true, [](Bench& bench) { bench.ints() | sluice::print(bench.out, count); },
        &handPrint},
    Case{"generatorStream", false,
        [](Bench& bench) {
            sluice::generatorStream(bench.context(), square, count) |
                sluice::foreachBatch(AddUp{&bench.sum});
        },
        [](Bench&) {
            Ints made(count);
            std::transform(numbers().begin(), numbers().end(), made.begin(), square);
            return std::accumulate(made.begin(), made.end(), Int{0});
        }},
    Case{"pullStream", false,
        [](Bench& bench) {
            sluice::pullStream(bench.context(), Log{}) | sluice::foreachBatch(AddUp{&bench.sum});
        },
        [](Bench&) {
            const Ints read = Log{}.read({"", 0, 0, count});
            return std::accumulate(read.begin(), read.end(), Int{0});
        }},
    Case{"receiverStream", false,
        [](Bench& bench) {
            sluice::receiverStream<Int>(bench.context(), &emitBlocks) |
                sluice::foreachBatch(AddUp{&bench.sum});
        },
        &handAddUp},
};

sluice::Options unlimited()
{
    sluice::Options options{.batchInterval = 1s, .defaultPartitions = 1};
    options.backpressure.enabled = false;
    return options;
}

void report(benchmark::State& state)
{
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void runSluice(benchmark::State& state, const Case& one)
{
    Bench bench{TestEngine{unlimited()}, {}, 0, {}};
    one.sluice(bench);
    bench.context().start();
    bench.engine.executor().run();
    for (auto _ : state) {
        if (one.queued) { bench.queue.push(numbers()); }
        bench.engine.nextBatch();
    }
    if (bench.sum == 0 && one.hand != &handPrint) { state.SkipWithError("nothing came"); }
    report(state);
}

void runHand(benchmark::State& state, const Case& one)
{
    Bench bench{TestEngine{unlimited()}, {}, 0, {}};
    for (auto _ : state) {
        benchmark::DoNotOptimize(one.hand(bench));
    }
    report(state);
}

/// A server of one client, which gets `lines` lines and is waited for.
class Server {
public:
    static constexpr std::size_t lines = 1'000'000;

    Server()
        : acceptor_{io_, {asio::ip::address_v4::loopback(), 0}}, thread_{[this] {
              static const std::string text = [] {
                  std::string all;
                  for (std::size_t i = 0; i < lines; ++i) {
                      all +=
                          "a line of about forty bytes, number " + std::to_string(i % 1000) + '\n';
                  }
                  return all;
              }();
              tcp::socket client = acceptor_.accept();
              asio::write(client, asio::buffer(text));
          }}
    {
    }

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::jthread thread_; // last: it uses what is above
};

/// Counts the lines of a server on an engine with threads.
void socketLines(std::uint16_t port)
{
    auto options = unlimited();
    options.batchInterval = 2ms;
    options.parallelism = 1;
    sluice::StreamingContext context{options};
    std::size_t seen = 0;
    context.socketTextStream("127.0.0.1", port) |
        sluice::foreachBatch([&](const sluice::Batch<std::string_view>& batch) {
            seen += batch.size();
            if (seen >= Server::lines) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
}

void socketLinesByHand(std::uint16_t port)
{
    asio::io_context io;
    tcp::socket socket{io};
    socket.connect({asio::ip::address_v4::loopback(), port});
    std::array<char, 65'536> buffer{};
    std::size_t seen = 0;
    while (seen < Server::lines) {
        const std::size_t got = socket.read_some(asio::buffer(buffer));
        const std::string_view text{buffer.data(), got};
        seen += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
}

void runSocket(benchmark::State& state, void (*contender)(std::uint16_t))
{
    for (auto _ : state) {
        const Server server;
        const auto from = std::chrono::steady_clock::now();
        contender(server.port());
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        state.SetIterationTime(took.count());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Server::lines));
}

[[maybe_unused]] const bool entered = [] {
    const auto enter = [](const std::string& name, auto run, auto with) {
        return benchmark::RegisterBenchmark(("endpoints/" + name).c_str(), run, with)
            ->Unit(benchmark::kMicrosecond);
    };
    for (const Case& one : cases) {
        enter(std::string{one.name} + "/sluice", &runSluice, one);
        enter(std::string{one.name} + "/hand", &runHand, one);
    }
    enter("socketTextStream/sluice", &runSocket, &socketLines)->UseManualTime();
    enter("socketTextStream/hand", &runSocket, &socketLinesByHand)->UseManualTime();
    return true;
}();
} // namespace
