#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stage.hpp>
#include <sluice/dstream/shuffle/detail/merge_stage.hpp>
#include <sluice/partition/combine_table.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail {

/// A table can own such keys: they hold no views, or are a text, whose bytes it copies.
template <class K>
concept OwnableKey = Owning<K> || std::same_as<K, std::string_view>;

/// Puts each record, as it lies, before one and the same value: what comes before a combine table
/// that is keyed by whole records. Copies none of them.
template <auto value>
class EachWith {
    using V = std::remove_const_t<decltype(value)>;

    template <class Next>
    class Step {
    public:
        constexpr explicit Step(Next&& next) : next_{std::move(next)} {}

        template <class T>
        constexpr void operator()(const T& record)
        {
            next_(std::pair<const T&, V>{record, value});
        }

        constexpr auto finish() { return next_.finish(); }

    private:
        Next next_;
    };

public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;

    template <class T>
    using Output = std::pair<T, V>;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr Lifetime lifetime(Lifetime)
    {
        return Lifetime::ephemeral;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> Step<Next>
    {
        return Step<Next>{std::move(next)};
    }
};

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// The stages of a shuffle by key: `Before` ends the chain of `stream` and `keyed` in tables, which
/// are merged to records of type `T`.
template <class Op, class T, class Before, bool byKey = true, class R, class U, class Chain,
    Operator Keyed, class Reducer, class P>
auto shuffleStream(const DStream<R, From<U, Chain>>& stream, const Keyed& keyed,
    const Reducer& reducer, const std::optional<P>& given) -> DStream<T>
{
    using K = KeyOf<typename Keyed::template Output<R>>;
    using Table = typename Before::Table;
    engine::Runtime& runtime = stream.runtime();
    const P partitioner = partitionerOr(given, runtime);
    auto chain = compose(stream.chain(), keyed);
    auto placement =
        placementOf<K, Table, decltype(chain)>(*stream.parent(), partitioner, Op::name);
    const Partitioning by = placement.by;
    auto before = engine::makeStage<Before>(
        runtime.newStage(Op::name, describeChain(stream.chain(), placement.terminal("combine"))),
        stream.parent(), std::move(chain), reducer, std::move(placement));
    auto info = runtime.newStage(Op::name, "merge");
    info.partitions = by.partitions();
    if constexpr (byKey) { info.partitionedBy = by; }
    return {runtime, engine::makeStage<MergeStage<Before, T, Reducer>>(
                         std::move(info), std::move(before), reducer)};
}

/// One record of type `T` per distinct key of what `keyed` makes of the records of `stream`: into
/// combine tables by `reducer`, and these merged partition by partition, as `partitioner` or, where
/// none is given, the hash says. `byKey` says that these are the keys of the `T`s too.
template <class Op, class T, bool byKey = true, class R, class U, class Chain, Operator Keyed,
    class Reducer, class P>
auto combineStream(const DStream<R, From<U, Chain>>& stream, const Keyed& keyed,
    const Reducer& reducer, const std::optional<P>& partitioner) -> DStream<T>
{
    using Whole = decltype(compose(stream.chain(), keyed));
    return shuffleStream<Op, T, CombineStage<U, Whole, Reducer>, byKey>(
        stream, keyed, reducer, partitioner);
}

/// The same for a finite range.
template <class T, class Finite, class Reducer>
auto combineFinite(Finite&& input, Reducer reducer)
{
    using Terminal = CombineTerminal<typename std::remove_reference_t<Finite>::Record, Reducer>;
    using Table = typename Terminal::Table;
    std::vector<std::shared_ptr<const Table>> tables;
    tables.push_back(std::make_shared<const Table>(input.into(Terminal{Table{}, reducer})));
    MergedPartition<Table, T> merged;
    merged.fill(tables, 0, 1, reducer);
    return OwnedRecords<Table, T>{std::move(merged)};
}

} // namespace sluice::detail::inline SLUICE_ABI
