// Joins two streams of records of integers, two records per key on each side, and adds up what the
// pairs hold, as a fused consumer would.
//
// best: the best hash join by hand of two tables, one for each side, as a batch in pieces needs.
// build_probe: one table, of the left side, through which the right one runs: possible only where
// nothing is shuffled. sluice: what the stages of join run for a task a side, without the engine
// around them. All use the memory of the last batch again, as a stream does.
// SLUICE_BENCH_SHORT=1 takes fewer keys.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/shuffle/join.hpp>

#include "support/best_groups.hpp"
#include "support/random_records.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using best::Record;
using Records = std::span<const Record>;

class Best {
public:
    std::int64_t join(Records lefts, Records rights)
    {
        left_.group(lefts);
        right_.group(rights);
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < left_.size(); ++i) {
            const std::int64_t key = left_.key(i);
            const auto found = right_.find(key);
            for (const std::int64_t left : left_.values(i)) {
                for (const std::int64_t right : found) {
                    sum += key ^ (left * right);
                }
            }
        }
        return sum;
    }

private:
    best::Groups left_;
    best::Groups right_;
};

class BuildProbe {
public:
    std::int64_t join(Records lefts, Records rights)
    {
        left_.group(lefts);
        std::int64_t sum = 0;
        for (const auto& [key, right] : rights) {
            for (const std::int64_t left : left_.find(key)) {
                sum += key ^ (left * right);
            }
        }
        return sum;
    }

private:
    best::Groups left_;
};

/// A consumer of joined records.
class Sum {
public:
    void operator()(const auto& record)
    {
        sum_ += record.first ^ (record.second.first * record.second.second);
    }
    std::int64_t finish() { return sum_; }

private:
    std::int64_t sum_ = 0;
};

class Sluice {
    static constexpr std::size_t partitions = 8;
    static constexpr std::size_t blockRecords = 4096;

    using Terminal = sluice::detail::GroupTerminal<Record>;
    using Table = Terminal::Table;
    using Made = sluice::detail::CogroupedPartition<std::int64_t, std::int64_t, std::int64_t>;
    using Pairs = sluice::detail::EachPair<sluice::detail::JoinKind::inner, std::int64_t,
        std::int64_t, std::int64_t>;

public:
    std::int64_t join(Records lefts, Records rights)
    {
        group(*left_, lefts);
        group(*right_, rights);
        std::int64_t sum = 0;
        for (std::size_t p = 0; p < partitions; ++p) {
            made_.clear();
            made_.fill({{lefts_, p, partitions}, {rights_, p, partitions}}, {true, true});
            sum += sluice::detail::runFused(Pairs{}, Sum{}, made_.records());
        }
        return sum;
    }

private:
    static void group(Table& table, Records records)
    {
        table.clear();
        for (std::size_t i = 0; i < records.size(); i += blockRecords) {
            const auto block = records.subspan(i, std::min(blockRecords, records.size() - i));
            table = sluice::detail::runFused(sluice::Identity{}, Terminal{std::move(table)}, block);
        }
        table.settle();
    }

    std::shared_ptr<Table> left_ = std::make_shared<Table>();
    std::shared_ptr<Table> right_ = std::make_shared<Table>();
    std::vector<std::shared_ptr<const Table>> lefts_{left_};
    std::vector<std::shared_ptr<const Table>> rights_{right_};
    Made made_;
};

template <class Contender>
void joinRecords(benchmark::State& state, std::size_t keys)
{
    const auto lefts = records::random(2 * keys, keys, 7);
    const auto rights = records::random(2 * keys, keys, 8);
    Contender contender;
    if (contender.join(lefts, rights) != BuildProbe{}.join(lefts, rights)) {
        return state.SkipWithError("a wrong join");
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(contender.join(lefts, rights));
    }
    state.SetItemsProcessed(
        state.iterations() * static_cast<std::int64_t>(lefts.size() + rights.size()));
}

template <class Contender>
void enter(const std::string& contender, std::size_t keys)
{
    const std::string name = "join/inner/keys:" + std::to_string(keys) + "/" + contender;
    benchmark::RegisterBenchmark(name.c_str(), joinRecords<Contender>, keys)
        ->Unit(benchmark::kMillisecond);
}

const bool entered = [] {
    for (std::size_t keys : {1'000UL, 100'000UL, 1'000'000UL}) {
        if (records::fewer()) { keys = std::min(keys, std::size_t{200'000}); }
        enter<BuildProbe>("build_probe", keys);
        enter<Best>("best", keys);
        enter<Sluice>("sluice", keys);
    }
    return true;
}();

} // namespace
