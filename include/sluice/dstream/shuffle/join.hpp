#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/step_failure.hpp> // PassOn
#include <sluice/dstream/detail/joined.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/grouped_streams.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail {

template <JoinKind kind>
inline constexpr std::string_view joinName = [] {
    switch (kind) {
    case JoinKind::left:
        return "leftOuterJoin";
    case JoinKind::right:
        return "rightOuterJoin";
    case JoinKind::full:
        return "fullOuterJoin";
    case JoinKind::inner:
    case JoinKind::none:
        break;
    }
    return "join";
}();

/// What a join does with the values that two streams have of one key: each with each.
template <JoinKind kind, class K, class V, class W, class Next>
class EachPairStep {
    using Out = Joined<kind, K, V, W>;
    using Left = typename Out::second_type::first_type;
    using Right = typename Out::second_type::second_type;

public:
    constexpr explicit EachPairStep(Next next) : next_{std::move(next)} {}

    template <class Record>
    constexpr void operator()(const Record& record)
    {
        const auto [lefts, rights] = record.second;
        if constexpr (lacksLeft<kind>) {
            if (lefts.empty()) {
                for (const W& right : rights) {
                    emit(record.first, std::nullopt, right);
                }
                return;
            }
        }
        for (const V& left : lefts) {
            if constexpr (lacksRight<kind>) {
                if (rights.empty()) { emit(record.first, left, std::nullopt); }
            }
            for (const W& right : rights) {
                emit(record.first, left, right);
            }
        }
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    constexpr void emit(const K& key, const auto& left, const auto& right)
    {
        PassOn<Next>{next_}(Out{key, typename Out::second_type{Left(left), Right(right)}});
    }

    Next next_;
};

/// The narrow half of a join: from a record per key to one per pair of values. So the pairs are
/// made in the fused loop of whoever reads them, and are nowhere stored.
template <JoinKind kind, class K, class V, class W>
class EachPair {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = false;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name = joinName<kind>;

    template <class T>
    using Output = Joined<kind, K, V, W>;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr Lifetime lifetime(Lifetime before)
    {
        return before == Lifetime::record ? Lifetime::views : before;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> EachPairStep<kind, K, V, W, Next>
    {
        return EachPairStep<kind, K, V, W, Next>{std::move(next)};
    }
};

} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// The operator behind the joins with a stream of records of type `R`.
template <detail::JoinKind kind, class P, class R>
class Join : public detail::GroupsTogetherWith<kind, P, R> {
    using W = MappedOf<R>;

public:
    static constexpr std::string_view name = detail::joinName<kind>;

    Join(detail::GroupedStream other, std::optional<P> partitioner)
        : other_{std::move(other)}, partitioner_{std::move(partitioner)}
    {
    }

    template <class T>
    using Output = detail::Joined<kind, KeyOf<T>, MappedOf<T>, W>;

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        using Pairs = detail::EachPair<kind, KeyOf<T>, MappedOf<T>, W>;
        return detail::cogroupStreams<W>(stream, {other_}, name, partitioner_,
                   {!detail::lacksLeft<kind>, !detail::lacksRight<kind>}) |
               Pairs{};
    }

private:
    detail::GroupedStream other_;
    std::optional<P> partitioner_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

/// What makes a join of one kind.
template <JoinKind kind>
class MakeJoin {
public:
    template <class R, class Chain>
    [[nodiscard]] auto operator()(
        const DStream<R, Chain>& other, std::optional<std::size_t> partitions = std::nullopt) const
    {
        return make(other, hashInto(partitions, call("partitions")));
    }

    template <class R, class Chain, MaybePartitioner P>
    [[nodiscard]] auto operator()(const DStream<R, Chain>& other, P partitioner) const
    {
        return make(other, checkedPartitioner(std::move(partitioner), call("partitioner")));
    }

    /// Says in one sentence what is wrong with a pipeline in a stream's place.
    template <Operator Op, class... Anything>
    [[nodiscard]] auto operator()(const Op&, const Anything&...) const
    {
        return refusePipelineForStream<!Operator<Op>>();
    }

private:
    template <class P, class R, class Chain>
    static auto make(const DStream<R, Chain>& other, const std::optional<P>& partitioner)
    {
        if constexpr (!groupable<R>) {
            return RefusedGrouping<kind, R>{};
        } else if constexpr (!placesAll<P, R>) {
            return GroupsTogetherWith<kind, P, R>{};
        } else {
            return Join<kind, P, R>{groupedStream(other, partitioner, joinName<kind>), partitioner};
        }
    }

    static std::string call(std::string_view argument)
    {
        return std::string{joinName<kind>} + "(other, " + std::string{argument} + ")";
    }
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// Each value of a key with each value that `other` has of the same key, batch by batch.
///
/// - **Types**: `DStream<pair<K, V>>` and `DStream<pair<K, W>>` to `DStream<pair<K, pair<V, W>>>`.
/// - **Takes**: the other stream, and optionally the number of partitions of the result (the
///   context's `defaultPartitions`), or a partitioner (`PartitionerOf<K>`).
/// - **Time**: only batches of the same time meet.
/// - **Keys**: of one type, `std::string` and `std::string_view` being one; need `operator==` and a
///   hash. A key that one side lacks gives nothing; n values meeting m give n times m records.
/// - **Moves**: every value of both streams, to the partition that the key's hash, or the
///   partitioner, names; not those of a stream whose keys lie so already (see `partitionBy`).
/// - **Shape**: as `cogroup`, and a narrow operator behind it that makes the pairs: they are part
///   of the loop of whoever reads them, and stored only where that loop stores them. An operator
///   that is used twice groups `other` once. The order of the result is not specified.
/// - **Empty**: an empty batch on either side gives an empty batch with all its partitions.
/// - **Errors**: InvalidArgument for other than 1 to 1,048,576 partitions, and where `other`
///   belongs to another context.
/// - **Cost**: as `groupByKey` for each stream; then one probe, without hashing, per key of the
///   side with fewer; then a copy of both values per pair.
/// - **Source**: Spark's `PairDStreamFunctions.join`.
inline constexpr detail::MakeJoin<detail::JoinKind::inner> join{};

/// As `join`, but every record of this stream comes: with none where `other` lacks its key.
///
/// - **Types**: to `DStream<pair<K, pair<V, optional<W>>>>`.
/// - **Empty**: an empty batch of this stream gives an empty batch.
/// - **Source**: Spark's `PairDStreamFunctions.leftOuterJoin`.
inline constexpr detail::MakeJoin<detail::JoinKind::left> leftOuterJoin{};

/// As `join`, but every record of `other` comes: with none where this stream lacks its key.
///
/// - **Types**: to `DStream<pair<K, pair<optional<V>, W>>>`.
/// - **Empty**: an empty batch of `other` gives an empty batch.
/// - **Source**: Spark's `PairDStreamFunctions.rightOuterJoin`.
inline constexpr detail::MakeJoin<detail::JoinKind::right> rightOuterJoin{};

/// As `join`, but every record of both streams comes: with none where the other lacks its key.
///
/// - **Types**: to `DStream<pair<K, pair<optional<V>, optional<W>>>>`; one of them is always there.
/// - **Empty**: of empty batches only, an empty batch.
/// - **Source**: Spark's `PairDStreamFunctions.fullOuterJoin`.
inline constexpr detail::MakeJoin<detail::JoinKind::full> fullOuterJoin{};

} // namespace sluice::inline SLUICE_ABI
