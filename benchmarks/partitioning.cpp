// Puts records of integers where a partitioner says, sorts them, finds the largest; and reduces by
// key what lies in its partitions already, against a second shuffle.
//
// hand: the loop by hand. sluice: what the stages run for one task, without the engine around them.
// Both use the memory of the last batch again, as a stream does; sorting and top make a new batch
// each time, both of them. shuffle: the same reduction as if nothing were known of the keys.
// SLUICE_BENCH_SHORT=1 takes fewer records.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/shuffle/partition_by.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/dstream/sort_by_key.hpp>
#include <sluice/dstream/top.hpp>

#include "support/random_records.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using Record = std::pair<std::int64_t, std::int64_t>;
using Records = std::span<const Record>;
constexpr std::size_t partitions = 8;

sluice::Batch<Record> batchOf(Records records)
{
    std::vector<sluice::Partition<Record>> parts{sluice::Partition<Record>{nullptr, records}};
    return {std::move(parts), std::make_shared<const sluice::BatchMetadata>()};
}

struct PartitionByHand {
    std::vector<std::vector<Record>> buckets{partitions};
    std::size_t operator()(Records records)
    {
        for (auto& bucket : buckets) {
            bucket.clear();
        }
        for (const Record& record : records) {
            buckets[sluice::HashPartitioner{partitions}(record.first)].push_back(record);
        }
        return buckets.front().size();
    }
};

struct PartitionBySluice {
    using Terminal = sluice::detail::BucketTerminal<Record, false, sluice::HashPartitioner>;
    sluice::detail::Buckets<Record, false> buckets;
    std::size_t operator()(Records records)
    {
        buckets.clear();
        buckets.records.resize(partitions);
        buckets = sluice::detail::runFused(sluice::Identity{},
            Terminal{std::move(buckets), sluice::HashPartitioner{partitions}}, records);
        return buckets.records.front().size();
    }
};

struct SortByHand {
    std::size_t operator()(Records records) const
    {
        std::vector<Record> sorted(records.begin(), records.end());
        std::ranges::stable_sort(sorted, {}, &Record::first);
        benchmark::DoNotOptimize(sorted.data());
        return sorted.size();
    }
};

struct SortBySluice {
    std::size_t operator()(Records records) const
    {
        return sluice::sortByKey()(batchOf(records)).size();
    }
};

struct TopByHand {
    std::size_t operator()(Records records) const
    {
        std::vector<Record> best(10);
        std::ranges::partial_sort_copy(records, best, std::ranges::greater{});
        benchmark::DoNotOptimize(best.data());
        return best.size();
    }
};

struct TopBySluice {
    std::size_t operator()(Records records) const
    {
        return sluice::top(10)(batchOf(records)).size();
    }
};

using Plus = std::plus<std::int64_t>;
using Terminal = sluice::detail::CombineTerminal<Record, Plus>;
using Table = Terminal::Table;
using Tables = std::vector<std::shared_ptr<const Table>>;

/// Four tasks' tables, merged by partition.
struct ReduceByShuffle {
    static constexpr std::size_t tasks = 4;
    std::vector<std::shared_ptr<Table>> tables;
    sluice::detail::MergedPartition<Table, Record> merged;

    std::size_t operator()(const std::vector<std::vector<Record>>& lying)
    {
        tables.resize(tasks);
        for (std::size_t i = 0; i < tasks; ++i) {
            if (!tables[i]) { tables[i] = std::make_shared<Table>(); }
            tables[i]->clear();
            for (std::size_t p = i; p < lying.size(); p += tasks) {
                *tables[i] = sluice::detail::runFused(
                    sluice::Identity{}, Terminal{std::move(*tables[i]), Plus{}}, lying[p]);
            }
        }
        const Tables all(tables.begin(), tables.end());
        std::size_t found = 0;
        for (std::size_t p = 0; p < partitions; ++p) {
            merged.clear();
            merged.fill(all, p, partitions, Plus{});
            found += merged.records.size();
        }
        return found;
    }
};

/// A table for each partition.
struct ReduceInPlace {
    std::shared_ptr<Table> table = std::make_shared<Table>();
    sluice::detail::MergedPartition<Table, Record> merged;

    std::size_t operator()(const std::vector<std::vector<Record>>& lying)
    {
        std::size_t found = 0;
        for (const auto& records : lying) {
            table->clear();
            table->expectOneOf(partitions);
            *table = sluice::detail::runFused(
                sluice::Identity{}, Terminal::InPlace{std::move(*table), Plus{}}, records);
            const Tables one{table};
            merged.clear();
            merged.fill(one, 0, 1, Plus{});
            found += merged.records.size();
        }
        return found;
    }
};

template <class Contender, class Input>
void run(benchmark::State& state, const Input& input, std::size_t count)
{
    Contender contender;
    std::size_t found = contender(input);
    for (auto _ : state) {
        found = contender(input);
        benchmark::DoNotOptimize(found);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <class Contender, bool lying = false>
void enter(const std::string& name, std::size_t keys)
{
    benchmark::RegisterBenchmark(name.c_str(), [keys](benchmark::State& state) {
        const std::size_t count = records::fewer() ? 200'000 : 2'000'000;
        const auto records = records::random(count, keys, 7);
        if constexpr (lying) {
            PartitionByHand place;
            place(records);
            run<Contender>(state, place.buckets, count);
        } else {
            run<Contender>(state, Records{records}, count);
        }
    })->Unit(benchmark::kMillisecond);
}

const bool entered = [] {
    for (const std::size_t keys : {1'000UL, 100'000UL}) {
        const std::string key = "/keys:" + std::to_string(keys) + "/";
        enter<PartitionByHand>("partitioning/partitionBy" + key + "hand", keys);
        enter<PartitionBySluice>("partitioning/partitionBy" + key + "sluice", keys);
        enter<SortByHand>("partitioning/sortByKey" + key + "hand", keys);
        enter<SortBySluice>("partitioning/sortByKey" + key + "sluice", keys);
        enter<TopByHand>("partitioning/top" + key + "hand", keys);
        enter<TopBySluice>("partitioning/top" + key + "sluice", keys);
        enter<ReduceByShuffle, true>("partitioning/reduceByKey" + key + "shuffle", keys);
        enter<ReduceInPlace, true>("partitioning/reduceByKey" + key + "sluice", keys);
    }
    return true;
}();

} // namespace
