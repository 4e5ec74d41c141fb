// Groups records of integers by key: a record per key, with its values side by side.
//
// best: the best loop by hand. sluice: what the stages of groupByKey run for one task, without the
// engine around them. Both use the memory of the last batch again, as a stream does.
// SLUICE_BENCH_SHORT=1 takes fewer records.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/shuffle/group_by_key.hpp>

#include "support/best_groups.hpp"
#include "support/random_records.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using best::Record;

class Best {
public:
    std::size_t group(std::span<const Record> records)
    {
        groups_.group(records);
        made_.clear();
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            made_.emplace_back(groups_.key(i), groups_.values(i));
        }
        benchmark::DoNotOptimize(made_.data());
        return made_.size();
    }

private:
    best::Groups groups_;
    std::vector<std::pair<std::int64_t, std::span<const std::int64_t>>> made_;
};

class Sluice {
    static constexpr std::size_t partitions = 8;
    static constexpr std::size_t blockRecords = 4096;

    using Terminal = sluice::detail::GroupTerminal<Record>;
    using Table = Terminal::Table;
    using Made = sluice::detail::CogroupedPartition<std::int64_t, std::int64_t>;

public:
    std::size_t group(std::span<const Record> records)
    {
        table_->clear();
        for (std::size_t i = 0; i < records.size(); i += blockRecords) {
            const auto block = records.subspan(i, std::min(blockRecords, records.size() - i));
            *table_ =
                sluice::detail::runFused(sluice::Identity{}, Terminal{std::move(*table_)}, block);
        }
        table_->settle();
        std::size_t keys = 0;
        for (std::size_t p = 0; p < partitions; ++p) {
            made_[p].clear();
            made_[p].fill({{tables_, p, partitions}}, {});
            keys += made_[p].records().size();
        }
        benchmark::DoNotOptimize(made_.data());
        return keys;
    }

private:
    std::shared_ptr<Table> table_ = std::make_shared<Table>();
    std::vector<std::shared_ptr<const Table>> tables_{table_};
    std::array<Made, partitions> made_;
};

template <class Contender>
void groupRecords(benchmark::State& state, std::size_t keys)
{
    const std::size_t count = records::fewer() ? 200'000 : 2'000'000;
    const auto records = records::random(count, keys, 7);
    Contender contender;
    std::size_t found = contender.group(records);
    for (auto _ : state) {
        found = contender.group(records);
    }
    state.counters["keys"] = static_cast<double>(found);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <class Contender>
void enter(const std::string& contender, std::size_t keys)
{
    const std::string name = "group/keys:" + std::to_string(keys) + "/" + contender;
    benchmark::RegisterBenchmark(name.c_str(), groupRecords<Contender>, keys)
        ->Unit(benchmark::kMillisecond);
}

const bool entered = [] {
    for (const std::size_t keys : {1'000UL, 100'000UL, 1'000'000UL}) {
        enter<Best>("best", keys);
        enter<Sluice>("sluice", keys);
    }
    return true;
}();

} // namespace
