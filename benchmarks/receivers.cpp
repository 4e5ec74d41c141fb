// What it costs to bring records in through a receiver of the user's own: one at a time, and in
// blocks, on a context with a 1 ms interval, up to a sum over all of them. Items are records.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {
using namespace std::chrono_literals;
using Record = std::uint64_t;
using Emitter = sluice::Emitter<Record>;

/// A context whose receiver emits `records` records of 1; how long until their sum is known.
template <class Receiver>
double secondsFor(Record records, Receiver receiver)
{
    sluice::Options options{.batchInterval = 1ms, .parallelism = 1};
    options.backpressure.enabled = false;
    sluice::StreamingContext context{options};
    Record sum = 0;
    sluice::receiverStream<Record>(context, std::move(receiver)) | sluice::reduce(std::plus{}) |
        sluice::foreachBatch([&](const sluice::Batch<Record>& batch) {
            for (const Record part : batch) {
                sum += part;
            }
            if (sum == records) { context.requestStop(); }
        });
    const auto from = std::chrono::steady_clock::now();
    context.start();
    context.awaitTermination();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

template <class Receiver>
void run(benchmark::State& state, Record records, Receiver receiver)
{
    for (auto _ : state) {
        state.SetIterationTime(secondsFor(records, receiver));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(records) * state.iterations());
}

void single(benchmark::State& state)
{
    constexpr Record records = 1'000'000;
    run(state, records, [](Emitter& emitter) -> boost::asio::awaitable<void> {
        for (Record i = 0; i < records; ++i) {
            co_await emitter.emit(Record{1});
        }
    });
}

void blocks(benchmark::State& state, std::size_t size)
{
    constexpr Record records = 10'000'000;
    run(state, records, [size](Emitter& emitter) -> boost::asio::awaitable<void> {
        for (Record sent = 0; sent < records; sent += size) {
            std::vector<Record> block(size, 1);
            co_await emitter.emit(std::move(block));
        }
    });
}

[[maybe_unused]] const bool registered = [] {
    const auto add = [](const std::string& name, auto function) {
        benchmark::RegisterBenchmark(("receivers/" + name).c_str(), function)
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
    };
    add("single", &single);
    for (const std::size_t size : {100U, 1'000U, 10'000U}) {
        add("blocks:" + std::to_string(size),
            [size](benchmark::State& state) { blocks(state, size); });
    }
    return true;
}();
} // namespace
