// Looks records of integers up in a table, one row per key, and adds up what the pairs hold, as a
// fused consumer would.
//
// hand: a loop over the best table by hand. sluice: what a task runs of joinTable, without the
// engine around it. SLUICE_BENCH_SHORT=1 takes fewer records.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/join_table.hpp>

#include "support/best_groups.hpp"
#include "support/random_records.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using best::Record;
using Records = std::vector<Record>;
using sluice::detail::JoinKind;

std::int64_t sumOf(std::int64_t key, std::int64_t value, std::int64_t row)
{
    return key ^ (value * row);
}

/// A row for every key.
Records rowsOf(std::size_t keys)
{
    Records rows;
    for (std::size_t key = 0; key < keys; ++key) {
        rows.emplace_back(static_cast<std::int64_t>(key), static_cast<std::int64_t>(key % 7));
    }
    return rows;
}

template <JoinKind kind>
class Hand {
public:
    explicit Hand(const Records& rows) { groups_.group(rows); }

    std::int64_t sum(const Records& records) const
    {
        std::int64_t sum = 0;
        for (const auto& [key, value] : records) {
            const auto found = groups_.find(key);
            for (const std::int64_t row : found) {
                sum += sumOf(key, value, row);
            }
            if (kind == JoinKind::left && found.empty()) { sum += sumOf(key, value, 0); }
        }
        return sum;
    }

private:
    best::Groups groups_;
};

struct Sum {
    std::int64_t total = 0;

    void operator()(const auto& record)
    {
        const auto& [key, both] = record;
        if constexpr (requires { both.second.has_value(); }) {
            total += sumOf(key, both.first, both.second.value_or(0));
        } else {
            total += sumOf(key, both.first, both.second);
        }
    }
    std::int64_t finish() const { return total; }
};

template <JoinKind kind>
class Sluice {
    using LookUp = sluice::detail::LookUp<kind, std::int64_t, std::int64_t, false>;

public:
    explicit Sluice(const Records& rows)
        : lookUp_{std::make_shared<sluice::detail::Snapshots::Snapshot>(
              sluice::Table{rows}.snapshots()->latest())}
    {
    }

    std::int64_t sum(const Records& records) const
    {
        return sluice::detail::runFused(lookUp_, Sum{}, records);
    }

private:
    LookUp lookUp_;
};

template <class Contender>
void lookUp(benchmark::State& state, std::size_t keys)
{
    const std::size_t count = records::fewer() ? 100'000 : 1'000'000;
    const auto records = records::random(count, keys + keys / 8, 7);
    const Contender contender{rowsOf(keys)};
    std::int64_t sum = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(sum = contender.sum(records));
    }
    state.counters["sum"] = static_cast<double>(sum);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <class Contender>
void enter(const std::string& name, std::size_t keys, const std::string& contender)
{
    const std::string full = "join/" + name + "/keys:" + std::to_string(keys) + "/" + contender;
    benchmark::RegisterBenchmark(full.c_str(), lookUp<Contender>, keys)
        ->Unit(benchmark::kMillisecond);
}

const bool entered = [] {
    for (const std::size_t keys : {1'000UL, 1'000'000UL}) {
        enter<Hand<JoinKind::inner>>("joinTable", keys, "hand");
        enter<Sluice<JoinKind::inner>>("joinTable", keys, "sluice");
    }
    enter<Hand<JoinKind::left>>("leftOuterJoinTable", 1'000, "hand");
    enter<Sluice<JoinKind::left>>("leftOuterJoinTable", 1'000, "sluice");
    return true;
}();

} // namespace
