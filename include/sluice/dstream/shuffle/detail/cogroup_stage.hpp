#pragma once

#include <sluice/dstream/shuffle/detail/group_stage.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/partition/group_table.hpp>
#include <sluice/storage/pool.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

template <class... V>
struct CogroupedAs {
    using Type = std::tuple<sluice::Values<V>...>;
};
template <class V, class W>
struct CogroupedAs<V, W> {
    using Type = std::pair<sluice::Values<V>, sluice::Values<W>>;
};
template <class V>
struct CogroupedAs<V> {
    using Type = sluice::Values<V>;
};

/// A key and its values on each side: a range for one, a pair for two, else a tuple.
template <class K, class... V>
using Cogrouped = std::pair<K, typename CogroupedAs<V...>::Type>;

/// One partition of a stream grouped by key: part of one task's table, or of those of several
/// merged.
template <class K, class V>
class GroupedSide {
public:
    using Table = GroupTable<IndexKey<K>, V>;
    using Entry = typename Table::Entry;

    void fill(const Share<Table>& share)
    {
        isMerged_ = share.tables.size() != 1;
        // Where several were merged, they have the bytes under the views.
        if (!Owning<V> || !isMerged_) { kept_.assign(share.tables.begin(), share.tables.end()); }
        if (isMerged_) { merged_.merge(share.tables, share.partition, share.partitions); }
        partition_ = isMerged_ ? 0 : share.partition;
        partitions_ = isMerged_ ? 1 : share.partitions;
    }

    void clear() noexcept
    {
        if (isMerged_) { merged_.clear(); }
        kept_.clear();
    }

    /// About how many keys there are.
    [[nodiscard]] std::size_t likelySize() const { return table().size() / partitions_; }

    template <class Visit>
    void forEachEntry(Visit visit) const
    {
        table().forEachEntry(partition_, partitions_, visit);
    }

    [[nodiscard]] const Table& table() const { return isMerged_ ? merged_ : *kept_.front(); }

private:
    Table merged_;
    std::vector<std::shared_ptr<const Table>> kept_;
    std::size_t partition_ = 0;
    std::size_t partitions_ = 1;
    bool isMerged_ = true;
};

/// Which keys are wanted: those with values on each side that is `required`, all where none is.
template <std::size_t sides>
using RequiredSides = std::array<bool, sides>;

/// The records of one partition of grouped streams, and the tables that they point into.
template <class K, class... V>
class CogroupedPartition {
    static constexpr std::size_t count = sizeof...(V);
    using Sides = std::index_sequence_for<V...>;

public:
    using Record = Cogrouped<K, V...>;
    template <std::size_t i>
    using Table = typename std::tuple_element_t<i, std::tuple<GroupedSide<K, V>...>>::Table;

    [[nodiscard]] const std::vector<Record>& records() const noexcept { return records_; }
    /// How many values the records have.
    [[nodiscard]] std::size_t weight() const noexcept { return weight_; }

    /// Becomes, being empty, what the `shares` of each side have of a partition.
    void fill(const std::tuple<Share<typename GroupedSide<K, V>::Table>...>& shares,
        const RequiredSides<count>& required)
    {
        fillSides(shares, Sides{});
        join(required, Sides{});
    }

    void clear() noexcept
    {
        clearForReuse(records_);
        std::apply([](auto&... side) { (side.clear(), ...); }, sides_);
        weight_ = 0;
    }

private:
    template <std::size_t... i>
    void fillSides(const auto& shares, std::index_sequence<i...>)
    {
        (std::get<i>(sides_).fill(std::get<i>(shares)), ...);
    }

    /// Visits the keys of the smallest side that must have them, or, where none must, those of all
    /// sides, each key on the first side that has it.
    template <std::size_t... i>
    void join(const RequiredSides<count>& required, std::index_sequence<i...>)
    {
        std::size_t fewest = std::numeric_limits<std::size_t>::max();
        std::size_t leading = count;
        const auto compare = [&](std::size_t side, std::size_t size) {
            if (!required[side] || size >= fewest) { return; }
            fewest = size;
            leading = side;
        };
        (compare(i, std::get<i>(sides_).likelySize()), ...);
        ((leading == count || leading == i ? visit<i>(required, leading == count) : void()), ...);
    }

    template <std::size_t from>
    void visit(const RequiredSides<count>& required, bool all)
    {
        const auto& side = std::get<from>(sides_);
        records_.reserve(records_.size() + side.likelySize() + 1);
        side.forEachEntry([&](const auto& entry) { add<from>(entry, required, all, Sides{}); });
    }

    template <std::size_t from, std::size_t... i>
    void add(const auto& entry, const RequiredSides<count>& required, bool all,
        std::index_sequence<i...>)
    {
        const std::tuple<sluice::Values<V>...> values{valuesOn<from, i>(entry)...};
        const bool seen = all && ((i < from && !std::get<i>(values).empty()) || ...);
        const bool lacks = ((required[i] && std::get<i>(values).empty()) || ...);
        if (seen || lacks) { return; }
        records_.emplace_back(
            K(Table<from>::keyOf(entry)), typename Record::second_type{std::get<i>(values)...});
        weight_ += (std::get<i>(values).size() + ...);
    }

    template <std::size_t from, std::size_t i>
    auto valuesOn(const auto& entry) const
    {
        if constexpr (from == i) {
            return std::get<i>(sides_).table().valuesOf(entry);
        } else {
            return std::get<i>(sides_).table().find(entry);
        }
    }

    std::vector<Record> records_;
    std::tuple<GroupedSide<K, V>...> sides_;
    std::size_t weight_ = 0;
};

/// Behind the shuffle: what every stream has of each key, partition by partition.
///
/// One type for each list of value types: `groupByKey`, `cogroup` and all joins are told apart by
/// which sides are required.
template <class K, class... V>
class CogroupStage final : public engine::Stage {
    using Made = CogroupedPartition<K, V...>;
    using Sides = std::index_sequence_for<V...>;

public:
    /// The inputs are `ShuffleStage`s of group tables, one for each type of value.
    CogroupStage(engine::StageInfo&& info, Inputs&& inputs, const Partitioning& by,
        const RequiredSides<sizeof...(V)>& required)
        : Stage{engine::withPartitions(std::move(info), by), std::move(inputs)},
          partitions_{by.partitions()},
          required_{required}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        const std::size_t entries = entriesOf(Sides{});
        groups_ = {std::vector<std::size_t>(partitions_, entries / partitions_ + 1), batch};
        output_.resize(partitions_);
        return {groups_.size(), entries};
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            output_[i] = make(i, Sides{});
        }
    }

private:
    template <std::size_t i>
    const auto& exchange() const
    {
        using Table = typename Made::template Table<i>;
        return static_cast<const ShuffleStage<Table>&>(*inputs()[i]).exchange();
    }

    template <std::size_t... i>
    std::size_t entriesOf(std::index_sequence<i...>) const
    {
        std::size_t entries = 0;
        const auto add = [&entries](const auto& tables) {
            for (const auto& table : tables) {
                entries += table->size();
            }
        };
        (add(exchange<i>().tables()), ...);
        return entries;
    }

    template <std::size_t... i>
    AnyPartition make(std::size_t partition, std::index_sequence<i...>)
    {
        auto made = pool_.take();
        made->fill({exchange<i>().share(partition, partitions_)...}, required_);
        const auto& records = made->records();
        const std::size_t weight = made->weight();
        return {std::move(made), records.data(), records.size(), weight};
    }

    std::size_t partitions_;
    RequiredSides<sizeof...(V)> required_;
    engine::TaskGroups groups_;
    Pool<Made> pool_;
};

} // namespace sluice::detail::inline SLUICE_ABI
