// The list of partitions of a window, and a look back at remembered batches.
//
// hand: a deque of lists of partitions. sluice: the window's stage with the history of the stage
// before it; slice(stream, from, to). An item is a partition.
#include <sluice/dstream/windows/slice.hpp>
#include <sluice/dstream/windows/window.hpp>
#include <sluice/engine/history.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Partitions = std::vector<sluice::AnyPartition>;

constexpr std::size_t batches = 30; // in a window
constexpr std::size_t partitions = 8;

Partitions newPartitions()
{
    Partitions made;
    for (std::size_t i = 0; i < partitions; ++i) {
        made.push_back(sluice::makePartition(std::vector<int>{1, 2, 3}).any());
    }
    return made;
}

/// A stage whose batches are given to it.
class Given final : public sluice::engine::Stage {
public:
    Given() : Stage{sluice::engine::StageInfo{0, "given", "given"}, Inputs{}} {}
    Work open(const sluice::engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, sluice::engine::TaskContext&) override {}
    void close(const sluice::engine::BatchContext&) override { output_ = newPartitions(); }
};

void windowByHand(benchmark::State& state)
{
    std::deque<Partitions> past;
    for (auto _ : state) {
        past.push_back(newPartitions());
        if (past.size() > batches) { past.pop_front(); }
        Partitions window;
        for (const Partitions& batch : past) {
            window.insert(window.end(), batch.begin(), batch.end());
        }
        benchmark::DoNotOptimize(window.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches * partitions));
}

void windowBySluice(benchmark::State& state)
{
    const auto given = sluice::engine::makeStage<Given>();
    const auto window = sluice::engine::makeStage<sluice::detail::WindowStage>(
        sluice::engine::StageInfo{1, "window", "window"}, given, sluice::Duration{batches * 1'000},
        std::uint64_t{1});
    window->planned();
    sluice::Time time{};
    for (auto _ : state) {
        auto metadata = std::make_shared<sluice::BatchMetadata>();
        metadata->time = time += 1s;
        const sluice::engine::BatchContext batch{std::move(metadata), 1};
        given->close(batch);
        given->closed(batch);
        window->close(batch);
        benchmark::DoNotOptimize(window->partitions().data());
        given->release();
        window->release();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches * partitions));
}

/// A run of twice as many batches as are looked at.
template <class Look>
void lookBack(benchmark::State& state, Look look)
{
    sluice::testing::TestEngine engine{{}};
    engine.runtime().remember(2 * batches * 1s);
    sluice::BatchQueue<int> queue;
    std::deque<sluice::Batch<int>> kept;
    const auto stream = sluice::queueStream(engine.runtime(), queue);
    stream | sluice::foreachBatch([&](const sluice::Batch<int>& batch) { kept.push_back(batch); });
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < 2 * batches; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>(partitions, {1, 2, 3}));
        engine.nextBatch();
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(look(stream, kept));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches * partitions));
}

constexpr sluice::Time from{(batches + 1) * 1s};
constexpr sluice::Time to{2 * batches * 1s};

const bool entered = [] {
    const std::string of = "batches:" + std::to_string(batches) + '/';
    benchmark::RegisterBenchmark(("window/window/" + of + "hand").c_str(), windowByHand);
    benchmark::RegisterBenchmark(("window/window/" + of + "sluice").c_str(), windowBySluice);
    benchmark::RegisterBenchmark(
        ("window/slice/" + of + "hand").c_str(), [](benchmark::State& state) {
            lookBack(state, [](const auto&, const auto& kept) {
                std::vector<sluice::Batch<int>> found;
                for (const auto& batch : kept) {
                    if (from <= batch.time() && batch.time() <= to) { found.push_back(batch); }
                }
                return found;
            });
        });
    benchmark::RegisterBenchmark(
        ("window/slice/" + of + "sluice").c_str(), [](benchmark::State& state) {
            lookBack(state,
                [](const auto& stream, const auto&) { return sluice::slice(stream, from, to); });
        });
    return true;
}();

} // namespace
