// What the engine adds to the work: stages of empty tasks, the way from an idle I/O thread, fork
// and join with real task sizes, and the tick of a 1 ms interval. Items are batches.

#include <sluice/engine/crew.hpp>
#include <sluice/engine/stage_graph.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {
namespace asio = boost::asio;
namespace engine = sluice::engine;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Tasks that keep their thread busy for a given time.
class BusyStage final : public engine::Output {
public:
    BusyStage(Inputs inputs, std::size_t tasks, std::chrono::nanoseconds each)
        : Output{{0, "busy", "busy"}, std::move(inputs)}, tasks_{tasks}, each_{each}
    {
    }

    Work open(const engine::BatchContext&) override { return {tasks_, tasks_}; }
    void runTask(std::size_t, engine::TaskContext&) override
    {
        if (each_.count() == 0) { return; }
        const auto end = Clock::now() + each_;
        while (Clock::now() < end) {}
    }
    void commit(const engine::BatchContext&) override {}

private:
    std::size_t tasks_;
    std::chrono::nanoseconds each_;
};

/// A stage graph with a pool, as a runtime has them.
class Engine {
public:
    Engine(
        std::size_t stages, std::size_t tasks, std::chrono::nanoseconds each, std::size_t threads)
        : pool{threads},
          crew{std::make_shared<engine::Crew>(pool.get_executor(), threads, 50us)},
          graph{{chain(stages, tasks, each)}, 1},
          context{std::make_shared<sluice::BatchMetadata>(), threads}
    {
    }
    ~Engine() { pool.join(); }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    asio::awaitable<void> run(std::size_t batches)
    {
        for (std::size_t i = 0; i < batches; ++i) {
            engine::BatchContext batch = context;
            co_await graph.run(std::move(batch), crew);
        }
    }

    /// Batches one after the other, the pool being awake.
    void backToBack(std::size_t batches)
    {
        asio::co_spawn(pool, run(batches), asio::use_future).get();
    }

    asio::thread_pool pool;
    std::shared_ptr<engine::Crew> crew;
    engine::StageGraph graph;
    engine::BatchContext context;

private:
    static std::shared_ptr<engine::Output> chain(
        std::size_t stages, std::size_t tasks, std::chrono::nanoseconds each)
    {
        std::shared_ptr<engine::Output> last;
        for (std::size_t i = 0; i < stages; ++i) {
            engine::Stage::Inputs inputs;
            if (last) { inputs.push_back(last); }
            last = std::make_shared<BusyStage>(std::move(inputs), tasks, each);
        }
        return last;
    }
};

void runBackToBack(benchmark::State& state, std::size_t stages, std::size_t tasks,
    std::chrono::nanoseconds each, std::size_t threads)
{
    Engine engine{stages, tasks, each, threads};
    engine.backToBack(10); // the graph learns how long its tasks take
    const auto work =
        std::max(each * static_cast<long>(stages * tasks), std::chrono::nanoseconds{1us});
    const auto batches = std::max<std::size_t>(1, static_cast<std::size_t>(2ms / work));
    std::size_t done = 0;
    std::chrono::duration<double> elapsed{};
    for (auto _ : state) {
        const auto from = Clock::now();
        engine.backToBack(batches);
        const std::chrono::duration<double> took = Clock::now() - from;
        state.SetIterationTime(took.count());
        elapsed += took;
        done += batches;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(done));
    state.counters["us_per_batch"] = 1e6 * elapsed.count() / static_cast<double>(done);
}

double percentile(std::vector<double>& values, std::size_t p)
{
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) * p / 100];
}

asio::awaitable<void> batchesFromIo(
    Engine& engine, std::vector<double>& micros, std::size_t batches)
{
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (std::size_t i = 0; i < batches; ++i) {
        pause.expires_after(1ms); // until the pool sleeps
        co_await pause.async_wait(asio::use_awaitable);
        const auto from = Clock::now();
        co_await asio::co_spawn(engine.pool, engine.run(1), asio::use_awaitable);
        micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - from).count());
    }
}

void fromIo(benchmark::State& state)
{
    Engine engine{2, 2, 0us, 2};
    engine.backToBack(10);
    constexpr std::size_t batches = 200;
    std::vector<double> all;
    for (auto _ : state) {
        std::vector<double> micros;
        asio::io_context io{1};
        asio::co_spawn(io, batchesFromIo(engine, micros, batches), asio::detached);
        io.run();
        double sum = 0;
        for (double each : micros) {
            sum += each;
        }
        state.SetIterationTime(sum * 1e-6);
        all.insert(all.end(), micros.begin(), micros.end());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(all.size()));
    state.counters["p50_us"] = percentile(all, 50);
    state.counters["p99_us"] = percentile(all, 99);
}

/// A context with a 1 ms interval and an empty pipeline: how late its batches begin, and how much
/// longer than planned they take all together.
void interval(benchmark::State& state)
{
    constexpr std::uint64_t batches = 10'000;
    for (auto _ : state) {
        std::vector<double> late;
        late.reserve(batches + 10);
        sluice::Instant first{};
        sluice::Instant last{};
        const auto clock = sluice::makeSystemClock();
        sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2, .clock = clock}};
        sluice::BatchQueue<int> queue;
        context.queueStream(queue) | sluice::foreachBatch([&](const sluice::Batch<int>& batch) {
            const auto now = clock->now();
            if (late.empty()) { first = now; }
            last = now;
            late.push_back(std::chrono::duration<double, std::milli>(now - batch.time()).count());
            if (late.size() == batches) { context.requestStop(); }
        });
        const auto from = Clock::now();
        context.start();
        context.awaitTermination();
        state.SetIterationTime(std::chrono::duration<double>(Clock::now() - from).count());
        const auto intervals = static_cast<double>(late.size() - 1);
        const double longer =
            std::chrono::duration<double, std::milli>(last - first).count() / intervals - 1;
        const auto later =
            std::count_if(late.begin(), late.end(), [](double ms) { return ms > 1; });
        state.counters["late_p50_ms"] = percentile(late, 50);
        state.counters["late_p99_ms"] = percentile(late, 99);
        state.counters["later_than_interval_percent"] =
            100 * static_cast<double>(later) / static_cast<double>(late.size());
        state.counters["longer_percent"] = 100 * longer;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(batches) * state.iterations());
}

const bool registered = [] {
    const auto add = [](const std::string& name, auto function) {
        benchmark::RegisterBenchmark(("scheduling/" + name).c_str(), function)
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
    };
    add("empty_two_stage", [](benchmark::State& state) { runBackToBack(state, 2, 2, 0us, 2); });
    add("from_io", fromIo);
    add("two_stages_of_two_us:100/threads:2",
        [](benchmark::State& state) { runBackToBack(state, 2, 2, 100us, 2); });
    for (const int micros : {1, 3, 10, 30, 100, 300, 1000, 3000, 10'000}) {
        for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
            add("tasks_us:" + std::to_string(micros) + "/threads:" + std::to_string(threads),
                [=](benchmark::State& state) {
                    runBackToBack(state, 1, 8, std::chrono::microseconds{micros}, threads);
                });
        }
    }
    benchmark::RegisterBenchmark("scheduling/interval_ms:1", interval)
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
    return true;
}();
} // namespace
