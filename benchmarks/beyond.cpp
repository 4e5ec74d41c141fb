// What goes beyond Spark: beyond/<operator>/<parameters>/<contender>.
//
// sluice: what the stage of the operator runs for one task, without the engine around it. hand: the
// loop, or the coroutines, that a person would write. Both use the memory of the last batch again,
// but for mapAsync, whose calls take more than that would save.
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/branch.hpp>
#include <sluice/dstream/map_async.hpp>
#include <sluice/dstream/try_map.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {
namespace asio = boost::asio;
using Int = std::int64_t;
using Records = std::span<const Int>;

std::vector<Int> values(std::size_t count)
{
    std::mt19937_64 random{7};
    std::vector<Int> made(count);
    for (Int& x : made) {
        x = static_cast<Int>(random() >> 32U);
    }
    return made;
}

constexpr auto isFirst = [](Int x) -> bool { return (x & 7) < 3; };
constexpr auto isSecond = [](Int x) -> bool { return (x & 0x70) < 0x30; };

class HandBranch {
public:
    void run(Records records)
    {
        for (auto& part : parts_) {
            part.clear();
        }
        for (const Int x : records) {
            parts_[isFirst(x) ? 0 : isSecond(x) ? 1 : 2].push_back(x);
        }
        benchmark::DoNotOptimize(parts_.data());
    }

private:
    std::array<std::vector<Int>, 3> parts_;
};

/// The terminal of a stage that splits, and the memory that it uses again.
template <class Terminal>
class SluiceSplit {
public:
    explicit SluiceSplit(typename Terminal::Functions functions) : functions_{std::move(functions)}
    {
    }

    void run(Records records)
    {
        block_.clear();
        block_.parts = sluice::detail::runFused(
            sluice::Identity{}, Terminal{functions_, std::move(block_.parts)}, records);
        benchmark::DoNotOptimize(&block_);
    }

private:
    typename Terminal::Functions functions_;
    sluice::detail::SplitBlock<typename Terminal::Parts> block_;
};

class SluiceBranch : public SluiceSplit<sluice::detail::BranchTerminal<Int,
                         sluice::detail::Lifetime::record, decltype(isFirst), decltype(isSecond)>> {
public:
    SluiceBranch() : SluiceSplit{{isFirst, isSecond}} {}
};

// Throws for none of the records, which the compiler does not know.
constexpr auto checked = [](Int x) -> Int {
    if (x < 0) { throw std::domain_error{"negative"}; }
    return x * 3 + 1;
};

class HandTryMap {
public:
    void run(Records records)
    {
        made_.clear();
        for (const Int x : records) {
            try {
                made_.push_back(checked(x));
            } catch (...) {
                failed_.push_back(x);
            }
        }
        benchmark::DoNotOptimize(made_.data());
    }

private:
    std::vector<Int> made_;
    std::vector<Int> failed_;
};

class SluiceTryMap : public SluiceSplit<sluice::detail::TryMapTerminal<Int,
                         sluice::detail::Lifetime::record, decltype(checked)>> {
public:
    SluiceTryMap() : SluiceSplit{checked} {}
};

constexpr std::size_t concurrency = 64;

// The cheapest call that suspends: one hop over the executor.
asio::awaitable<Int> hop(const Int& x)
{
    co_await asio::post(asio::use_awaitable);
    co_return x + 1;
}
using Hop = decltype(&hop);

class HandMapAsync {
public:
    void run(Records records)
    {
        results_.assign(records.size(), 0);
        next_ = 0;
        std::vector<std::future<void>> callers;
        for (std::size_t i = 0; i < concurrency; ++i) {
            callers.push_back(asio::co_spawn(pool_, call(records), asio::use_future));
        }
        for (auto& caller : callers) {
            caller.get();
        }
        benchmark::DoNotOptimize(results_.data());
    }

private:
    asio::awaitable<void> call(Records records)
    {
        for (std::size_t i = next_++; i < records.size(); i = next_++) {
            results_[i] = co_await hop(records[i]);
        }
    }

    asio::thread_pool pool_{1};
    std::vector<Int> results_;
    std::atomic<std::size_t> next_{0};
};

class SluiceMapAsync {
public:
    SluiceMapAsync()
    {
        settings_.name = "mapAsync";
        settings_.concurrency = concurrency;
        settings_.compute = asio::any_io_executor{pool_.get_executor()};
        settings_.clock = sluice::makeSystemClock();
    }

    void run(Records records)
    {
        const std::vector<sluice::AnyPartition> input{
            {nullptr, records.data(), records.size(), records.size()}};
        std::vector<sluice::AnyPartition> output;
        asio::co_spawn(pool_, calls(input, output), asio::use_future).get();
        benchmark::DoNotOptimize(output.data());
    }

private:
    asio::awaitable<void> calls(
        const std::vector<sluice::AnyPartition>& input, std::vector<sluice::AnyPartition>& output)
    {
        const auto run = std::make_shared<sluice::detail::MapAsyncRun<Int, Hop>>(
            settings_, input, leftBehind_, &hop, sluice::Order::ordered);
        sluice::engine::SuspensionContext context;
        run->start(context);
        co_await run->ended().opened();
        run->report(context);
        run->publish(output);
    }

    asio::thread_pool pool_{1};
    sluice::detail::CallSettings settings_;
    std::atomic<std::size_t> leftBehind_{0};
};

template <class Contender>
void run(benchmark::State& state, std::size_t count)
{
    const auto records = values(count);
    Contender contender;
    for (auto _ : state) {
        contender.run(records);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <class Hand, class Sluice>
void enter(const std::string& name, std::size_t count)
{
    benchmark::RegisterBenchmark((name + "/hand").c_str(), run<Hand>, count)->UseRealTime();
    benchmark::RegisterBenchmark((name + "/sluice").c_str(), run<Sluice>, count)->UseRealTime();
}

const bool entered = [] {
    enter<HandBranch, SluiceBranch>("beyond/branch/streams:3", 100'000);
    enter<HandTryMap, SluiceTryMap>("beyond/tryMap/failures:0", 100'000);
    enter<HandMapAsync, SluiceMapAsync>("beyond/mapAsync/concurrency:64", 10'000);
    return true;
}();

} // namespace
