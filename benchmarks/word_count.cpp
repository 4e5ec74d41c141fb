// Counts the words of 200 MB of text: split, count, and merge of what the threads counted.
//
// natural: what one writes first. best: the best loop by hand. sluice: what the stages of
// flatMap(words) | map(pair) | reduceByKey run, without the engine around them.
// SLUICE_BENCH_SHORT=1 takes less text.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include "support/best_word_count.hpp"
#include "support/zipf_text.hpp"

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Runs `task(0)` .. `task(threads - 1)`, each on a thread of its own, the first on this one.
template <class Task>
void onThreads(std::size_t threads, Task task)
{
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) {
        others.emplace_back(task, i);
    }
    task(0);
}

/// One part of the text for each thread, cut at ends of lines.
std::vector<std::string_view> cut(std::string_view text, std::size_t bytes)
{
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        std::size_t end = text.find('\n', std::min(bytes, text.size()) - 1);
        std::size_t size = end == text.npos ? text.size() : end + 1;
        parts.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return parts;
}

std::vector<std::string_view> halves(std::string_view text, std::size_t threads)
{
    auto parts = cut(text, text.size() / threads + 1);
    parts.resize(threads);
    return parts;
}

struct Natural {
    using Counts = boost::unordered_flat_map<std::string_view, long>;

    static std::size_t count(std::string_view text, std::size_t threads)
    {
        auto parts = halves(text, threads);
        std::vector<Counts> counts(threads);
        onThreads(threads, [&](std::size_t t) {
            Counts own;
            std::string_view rest = parts[t];
            for (std::size_t end = 0; !rest.empty(); rest.remove_prefix(end)) {
                end = 0;
                while (end < rest.size() && rest[end] != ' ' && rest[end] != '\n') {
                    ++end;
                }
                if (end != 0) { ++own[rest.substr(0, end)]; }
                if (end < rest.size()) { ++end; }
            }
            counts[t] = std::move(own);
        });
        if (threads == 1) { return counts[0].size(); }
        std::vector<Counts> merged(threads);
        onThreads(threads, [&](std::size_t t) {
            Counts own;
            for (const auto& part : counts) {
                for (const auto& [word, n] : part) {
                    if (boost::hash<std::string_view>{}(word) % threads == t) { own[word] += n; }
                }
            }
            merged[t] = std::move(own);
        });
        std::size_t keys = 0;
        for (const auto& part : merged) {
            keys += part.size();
        }
        return keys;
    }
};

struct Best {
    static std::size_t count(std::string_view text, std::size_t threads)
    {
        auto parts = halves(text, threads);
        std::vector<best::Table> counts(threads);
        onThreads(threads, [&](std::size_t t) {
            best::Table own;
            best::forEachWord(
                parts[t], [&](std::string_view word)
                              __attribute__((always_inline)) { own.count(word); });
            own.settle();
            counts[t] = std::move(own);
        });
        if (threads == 1) { return counts[0].size(); }
        std::array<best::Table, 2> merged;
        onThreads(threads, [&](std::size_t t) {
            best::Table own{counts[0].log2Size()};
            own.ignoreUppermostBit();
            for (const best::Table& part : counts) {
                own.addHalf(part, t);
            }
            merged[t] = std::move(own);
        });
        return merged[0].size() + merged[1].size();
    }
};

/// What the two stages of reduceByKey do, block by block and partition by partition.
struct Sluice {
    static constexpr std::size_t partitions = 8;
    static constexpr std::size_t blockBytes = 65'536;

    using Record = std::pair<std::string_view, long>;
    using Reduce = sluice::ReduceByKey<std::plus<>>;
    using Reducer = sluice::detail::NamedReducer<Reduce, std::plus<>>;
    using Terminal = sluice::detail::CombineTerminal<Record, Reducer>;
    using Table = Terminal::Table;
    using Merged = sluice::detail::MergedPartition<Table, Record>;

    static std::size_t count(std::string_view text, std::size_t threads)
    {
        const auto blocks = cut(text, blockBytes);
        const std::span<const std::string_view> all{blocks};
        const Reducer reducer{std::plus<>{}};
        std::vector<std::shared_ptr<const Table>> tables(threads);
        const auto chain = sluice::flatMap(sluice::words) | sluice::map([](std::string_view word) {
            return std::pair{word, 1L};
        });
        onThreads(threads, [&](std::size_t t) {
            Table table;
            const std::size_t end = (t + 1) * blocks.size() / threads;
            for (std::size_t i = t * blocks.size() / threads; i < end; ++i) {
                table = sluice::detail::runFused(
                    chain, Terminal{std::move(table), reducer}, all.subspan(i, 1));
            }
            tables[t] = std::make_shared<const Table>(std::move(table));
        });
        std::array<Merged, partitions> merged;
        std::atomic<std::size_t> next{0};
        onThreads(threads, [&](std::size_t) {
            for (std::size_t p = next++; p < partitions; p = next++) {
                merged[p].fill(tables, p, partitions, reducer);
            }
        });
        std::size_t keys = 0;
        for (const auto& part : merged) {
            keys += part.records.size();
        }
        return keys;
    }
};

template <class Contender>
void countWords(benchmark::State& state, std::size_t keys, std::size_t threads)
{
    const std::string& text = zipf::text(keys);
    std::size_t words = 0;
    best::forEachWord(text, [&](std::string_view) { ++words; });
    std::size_t found = 0;
    for (auto _ : state) {
        found = Contender::count(text, threads);
        benchmark::DoNotOptimize(found);
    }
    state.counters["keys"] = static_cast<double>(found);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(words));
}

template <class Contender>
void enter(const std::string& contender, std::size_t keys, std::size_t threads)
{
    std::string name = "word_count/keys:" + std::to_string(keys) + "/" + contender +
                       "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(name.c_str(), countWords<Contender>, keys, threads)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

const bool entered = [] {
    for (std::size_t keys : {1'000UL, 100'000UL, 2'000'000UL}) {
        for (std::size_t threads : {1UL, 2UL}) {
            enter<Natural>("natural", keys, threads);
            enter<Best>("best", keys, threads);
            enter<Sluice>("sluice", keys, threads);
        }
    }
    return true;
}();

} // namespace
