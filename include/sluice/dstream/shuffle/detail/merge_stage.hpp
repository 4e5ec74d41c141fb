#pragma once

#include <sluice/dstream/shuffle/detail/combine_stage.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice::detail {

/// What a table knows of its keys besides that they are there: nothing. Its records are the keys.
struct NoValue {};

template <class Record, class Key, class Value>
void addEntry(std::vector<Record>& records, const Key& key, const Value& value)
{
    if constexpr (std::same_as<Value, NoValue>) {
        records.emplace_back(key);
    } else {
        records.emplace_back(typename Record::first_type(key), value);
    }
}

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// The value of a record, given what its table holds; where that is something else, it says so with
/// an overload of its own.
template <class V>
const V& resultOf(const V& value) noexcept
{
    return value;
}

/// The records of one partition made from combine tables, and the tables that their keys point
/// into.
template <class Table, class Record>
struct MergedPartition {
    std::vector<Record> records;
    Table table; // only where several tables had to be merged
    std::shared_ptr<const Table> only;

    void clear() noexcept
    {
        clearForReuse(records);
        table.clear();
        only.reset();
    }

    /// Takes, being empty, the entries of `partition` of `partitions` of all `tables`, values of
    /// equal keys reduced.
    template <class Reducer>
    void fill(std::span<const std::shared_ptr<const Table>> tables, std::size_t partition,
        std::size_t partitions, Reducer reducer)
    {
        const auto add = [this](const auto& key, const auto& value) {
            addEntry(records, key, resultOf(value));
        };
        if (tables.size() == 1) {
            only = tables.front();
            records.reserve(only->size() / partitions + 1);
            only->forEachIn(partition, partitions, add);
        } else {
            for (const auto& each : tables) {
                table.merge(*each, partition, partitions, reducer);
            }
            records.reserve(table.size());
            table.forEach(add);
        }
    }
};

/// A merged partition as a range, for `evaluate`.
template <class Table, class Record>
class OwnedRecords {
public:
    explicit OwnedRecords(MergedPartition<Table, Record> merged) : merged_{std::move(merged)} {}

    [[nodiscard]] auto begin() const noexcept { return merged_.records.begin(); }
    [[nodiscard]] auto end() const noexcept { return merged_.records.end(); }

private:
    MergedPartition<Table, Record> merged_;
};

/// Behind the shuffle: merges the tables of all upstream tasks, partition by partition; where
/// nothing was shuffled, there is one for each.
template <class Upstream, class Record, class Reducer>
class MergeStage final : public engine::Stage {
    using Table = typename Upstream::Table;
    using Merged = MergedPartition<Table, Record>;

public:
    /// `upstream` is an `Upstream`; `info` says how many partitions there are.
    MergeStage(engine::StageInfo&& stageInfo, const std::shared_ptr<engine::Stage>& upstream,
        Reducer reducer)
        : Stage{std::move(stageInfo), upstream},
          upstream_{static_cast<Upstream&>(*upstream)},
          partitions_{info().partitions},
          reducer_{std::move(reducer)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        std::size_t entries = 0;
        for (const auto& table : upstream_.exchange().tables()) {
            entries += table->size();
        }
        groups_ = {std::vector<std::size_t>(partitions_, entries / partitions_ + 1), batch};
        output_.resize(partitions_);
        return {groups_.size(), entries};
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            auto merged = pool_.take();
            const auto share = upstream_.exchange().share(i, partitions_);
            merged->fill(share.tables, share.partition, share.partitions, reducer_);
            const auto& records = merged->records;
            output_[i] = {std::move(merged), records.data(), records.size(), records.size()};
        }
    }

private:
    Upstream& upstream_;
    std::size_t partitions_;
    Reducer reducer_;
    engine::TaskGroups groups_;
    Pool<Merged> pool_;
};

} // namespace sluice::detail::inline SLUICE_ABI
