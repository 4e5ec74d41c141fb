#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/grouped_streams.hpp>
#include <sluice/partition/group_table.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `cogroup(others...)`, others with records of types `R`.
template <class P, class... R>
class Cogroup : public detail::GroupsTogetherWith<detail::JoinKind::none, P, R...> {
public:
    static constexpr std::string_view name{"cogroup"};

    Cogroup(std::array<detail::GroupedStream, sizeof...(R)> others, std::optional<P> partitioner)
        : others_{std::move(others)}, partitioner_{std::move(partitioner)}
    {
    }

    template <class T>
    using Output = detail::Cogrouped<KeyOf<T>, MappedOf<T>, MappedOf<R>...>;

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<Output<T>>
    {
        return detail::cogroupStreams<MappedOf<R>...>(stream, others_, name, partitioner_, {});
    }

private:
    std::array<detail::GroupedStream, sizeof...(R)> others_;
    std::optional<P> partitioner_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {
template <class P, class... R, class... Chain>
auto makeCogroup(const std::optional<P>& partitioner, const DStream<R, Chain>&... others)
{
    using Made = Cogroup<P, R...>;
    if constexpr (!groupTogether<R...>) {
        return RefusedGrouping<JoinKind::none, R...>{};
    } else if constexpr (!placesAll<P, R...>) {
        return GroupsTogetherWith<JoinKind::none, P, R...>{};
    } else {
        return Made{{groupedStream(others, partitioner, Made::name)...}, partitioner};
    }
}
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// What this stream and `others`, one to three, have of each key, batch by batch.
///
/// - **Types**: `DStream<pair<K, V>>` and `DStream<pair<K, W>>` to
///   `DStream<pair<K, pair<Values<V>, Values<W>>>>`; of three or four streams, to a
///   `std::tuple` of as many ranges. `Values<V>` is `std::span<const V>`.
/// - **Takes**: the other streams, and optionally, as the last argument, the number of partitions
///   of the result (the context's `defaultPartitions`), or a partitioner (`PartitionerOf<K>`).
/// - **Time**: only batches of the same time meet.
/// - **Keys**: of one type, `std::string` and `std::string_view` being one; need `operator==` and a
///   hash. Every key that is in any stream comes once; where a stream lacks it, its range is empty.
/// - **Moves**: every value of every stream, to the partition that the key's hash, or the
///   partitioner, names; not those of a stream whose keys lie so already (see `partitionBy`).
/// - **Shape**: a stage for each stream, whose chain ends in a table of groups, and one in which
///   the tables meet by partition. An operator that is used twice groups its others once. The order
///   of keys is not specified; values keep the order of their stream.
/// - **Empty**: of empty batches only, an empty batch with all its partitions.
/// - **Errors**: InvalidArgument for other than 1 to 1,048,576 partitions, and where a stream
///   belongs to another context.
/// - **Cost**: as `groupByKey` for each stream; then one probe, without hashing, per key and other
///   stream.
/// - **Source**: Spark's `PairDStreamFunctions.cogroup`.
template <class R1, class C1>
[[nodiscard]] auto cogroup(
    const DStream<R1, C1>& other, std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(detail::hashInto(partitions, "cogroup(other, partitions)"), other);
}

template <class R1, class C1, detail::MaybePartitioner P>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& other, P partitioner)
{
    return detail::makeCogroup(
        detail::checkedPartitioner(std::move(partitioner), "cogroup(other, partitioner)"), other);
}

template <class R1, class C1, class R2, class C2>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& second, const DStream<R2, C2>& third,
    std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(
        detail::hashInto(partitions, "cogroup(other, partitions)"), second, third);
}

template <class R1, class C1, class R2, class C2, detail::MaybePartitioner P>
[[nodiscard]] auto cogroup(
    const DStream<R1, C1>& second, const DStream<R2, C2>& third, P partitioner)
{
    return detail::makeCogroup(
        detail::checkedPartitioner(std::move(partitioner), "cogroup(other, partitioner)"), second,
        third);
}

template <class R1, class C1, class R2, class C2, class R3, class C3>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& second, const DStream<R2, C2>& third,
    const DStream<R3, C3>& fourth, std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(
        detail::hashInto(partitions, "cogroup(other, partitions)"), second, third, fourth);
}

template <class R1, class C1, class R2, class C2, class R3, class C3, detail::MaybePartitioner P>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& second, const DStream<R2, C2>& third,
    const DStream<R3, C3>& fourth, P partitioner)
{
    return detail::makeCogroup(
        detail::checkedPartitioner(std::move(partitioner), "cogroup(other, partitioner)"), second,
        third, fourth);
}

/// Says in one sentence what is wrong with a pipeline in a stream's place.
template <Operator Op, class... Others>
[[nodiscard]] auto cogroup(const Op&, const Others&...)
{
    return detail::refusePipelineForStream<!Operator<Op>>();
}

} // namespace sluice::inline SLUICE_ABI
