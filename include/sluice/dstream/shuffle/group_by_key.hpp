#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/cogroup_stage.hpp>
#include <sluice/dstream/shuffle/detail/group_stage.hpp>
#include <sluice/partition/group_table.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// The grouped records of a finite range, and the memory under them.
template <class Record>
class GroupedRange {
    using Table = GroupTableOf<Record>;

public:
    explicit GroupedRange(Table table)
    {
        table.settle();
        const std::shared_ptr<const Table> settled =
            std::make_shared<const Table>(std::move(table));
        partition_.fill({Share<Table>{{&settled, 1}}}, {});
    }

    [[nodiscard]] auto begin() const noexcept { return partition_.records().begin(); }
    [[nodiscard]] auto end() const noexcept { return partition_.records().end(); }

private:
    CogroupedPartition<KeyOf<Record>, MappedOf<Record>> partition_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `groupByKey()`.
template <class P = HashPartitioner>
class GroupByKey {
    template <class T>
    static constexpr bool places = PartitionerOf<P, KeyOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"groupByKey"};

    explicit GroupByKey(std::optional<P> partitioner) : partitioner_{std::move(partitioner)} {}

    template <class T>
    using Output = std::pair<KeyOf<T>, Values<MappedOf<T>>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (detail::groupable<T>) {
            return places<T>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!detail::groupsKeyed<T>) {
            static_assert(detail::groupsKeyed<T>,
                "sluice: groupByKey(): the records must be key and value, anything with the tuple "
                "protocol of size two, such as std::pair<K, V>");
        } else if constexpr (!detail::groupsHashable<T>) {
            static_assert(detail::groupsHashable<T>,
                "sluice: groupByKey(): the key needs operator== and a hash, std::hash<K>");
        } else if constexpr (!detail::groupsCopyable<T>) {
            static_assert(detail::groupsCopyable<T>, "sluice: groupByKey(): the values must be "
                                                     "copyable, and their type can only be moved");
        } else if constexpr (!detail::groupsKeepable<T>) {
            static_assert(detail::groupsKeepable<T>,
                "sluice: groupByKey(): keys and values must own their memory or be texts; or "
                "specialise sluice::Owning<T>");
        } else {
            static_assert(places<T>,
                "sluice: groupByKey(partitioner): the partitioner must have partitions() and "
                "operator==, and be callable as std::size_t(const K&)");
        }
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<Output<T>>
    {
        using Behind = detail::CogroupStage<KeyOf<T>, MappedOf<T>>;
        engine::Runtime& runtime = stream.runtime();
        const P partitioner = detail::partitionerOr(partitioner_, runtime);
        engine::Stage::Inputs inputs{detail::groupStage(stream, partitioner, name)};
        return {
            runtime, engine::makeStage<Behind>(runtime.newStage(name, "merge"), std::move(inputs),
                         Partitioning::by(partitioner), detail::RequiredSides<1>{})};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        using T = typename Finite::Record;
        return detail::GroupedRange<T>{
            input.into(detail::GroupTerminal<T>{detail::GroupTableOf<T>{}})};
    }

private:
    std::optional<P> partitioner_;
};

/// One record per distinct key: all its values of the batch.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<pair<K, Values<V>>>`;
///   `Values<V>` is `std::span<const V>`, into memory that the partition owns.
/// - **Takes**: optionally the number of partitions of the result (the context's
///   `defaultPartitions`), or a
///   partitioner (`PartitionerOf<K>`).
/// - **Keys**: need `operator==` and a hash; `std::string_view` keys are copied once per distinct
///   key.
/// - **Moves**: every value, to the partition that the key's hash, or the partitioner, names; a
///   batch of one task moves them once, to bring those of a key together, and so does a stream
///   whose keys lie so already (see `partitionBy`).
/// - **Shape**: two stages: the chain before it ends in a table of groups, tables are merged by
///   partition. The order of keys is not specified; values keep the order of the stream.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: other than 1 to 1,048,576 partitions throw InvalidArgument here. A function that
///   answers with a part of the values is refused where its results are kept: it must make what
///   owns its memory.
/// - **Cost**: one hash and one probe per record, no allocation per record; the bytes under views
///   in the values are copied. Where values are reduced anyway, `reduceByKey` is far cheaper.
/// - **Source**: Spark's `PairDStreamFunctions.groupByKey`.
[[nodiscard]] inline auto groupByKey() -> GroupByKey<>
{
    return GroupByKey<>{std::nullopt};
}

[[nodiscard]] inline auto groupByKey(std::size_t partitions) -> GroupByKey<>
{
    return GroupByKey<>{detail::hashInto(partitions, "groupByKey(partitions)")};
}

template <detail::MaybePartitioner P>
[[nodiscard]] auto groupByKey(P partitioner) -> GroupByKey<P>
{
    return GroupByKey<P>{
        detail::checkedPartitioner(std::move(partitioner), "groupByKey(partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
