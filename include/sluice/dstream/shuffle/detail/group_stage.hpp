#pragma once

#include <sluice/algebra/collector.hpp> // keepable
#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stage.hpp>
#include <sluice/partition/group_table.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

namespace sluice::detail {

/// What grouping by key asks of records, the most basic first; `refuse` of each operator says it.
template <class T>
inline constexpr bool groupsKeyed = KeyValue<T>;
template <class T>
inline constexpr bool groupsHashable = HashableKey<KeyOf<T>>;
template <class T>
inline constexpr bool groupsCopyable = std::copyable<MappedOf<T>>;
template <class T>
inline constexpr bool groupsKeepable =
    keepable<MappedOf<T>> && (Owning<KeyOf<T>> || std::same_as<KeyOf<T>, std::string_view>);

template <class T>
inline constexpr bool groupable = [] {
    if constexpr (groupsKeyed<T>) {
        return groupsHashable<T> && groupsCopyable<T> && groupsKeepable<T>;
    } else {
        return false;
    }
}();

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// The table that records of one type are grouped in; the same for both types of text as keys.
template <class Record>
using GroupTableOf = GroupTable<IndexKey<KeyOf<Record>>, MappedOf<Record>>;

/// Nothing is combined: all values are kept.
struct KeepAll {};

/// The terminal of the stage before a shuffle by key that keeps all values.
template <class Record, bool ofOnePartition = false>
class GroupTerminal {
    using Writer = GroupWriter<IndexKey<KeyOf<Record>>, MappedOf<Record>, ofOnePartition>;

public:
    /// The same for keys that are all of one partition.
    using InPlace = GroupTerminal<Record, true>;
    using Table = typename Writer::Table;

    explicit GroupTerminal(Table table, KeepAll = {}) : writer_{std::move(table)} {}

    template <class Pair>
    void operator()(Pair&& record)
    {
        writer_.add(keyOf(record), valueOf(std::forward<Pair>(record)));
    }

    Table finish() { return writer_.finish(); }

private:
    Writer writer_;
};

/// Closes the chain of `stream` in group tables, for `partitioner`: one a task, or one a partition
/// where keys lie in their partitions already.
template <class T, class U, class Op, class P>
std::shared_ptr<engine::Stage> groupStage(
    const DStream<T, From<U, Op>>& stream, const P& partitioner, std::string_view name)
{
    using Before = CombineStage<U, Op, KeepAll, GroupTerminal<T>>;
    auto placement =
        placementOf<KeyOf<T>, typename Before::Table, Op>(*stream.parent(), partitioner, name);
    auto info =
        stream.runtime().newStage(name, describeChain(stream.chain(), placement.terminal("group")));
    return engine::makeStage<Before>(
        std::move(info), stream.parent(), stream.chain(), KeepAll{}, std::move(placement));
}

} // namespace sluice::detail::inline SLUICE_ABI
