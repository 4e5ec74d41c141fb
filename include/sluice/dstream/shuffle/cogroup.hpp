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
template <class... R>
class Cogroup : public detail::GroupsTogetherWith<R...> {
public:
    static constexpr std::string_view name{"cogroup"};

    Cogroup(std::array<detail::GroupedStream, sizeof...(R)> others,
        std::optional<std::size_t> partitions)
        : others_{std::move(others)}, partitions_{partitions}
    {
        detail::checkPartitions(partitions, name);
    }

    template <class T>
    using Output = detail::Cogrouped<KeyOf<T>, MappedOf<T>, MappedOf<R>...>;

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<Output<T>>
    {
        return detail::cogroupStreams<MappedOf<R>...>(stream, others_, name, partitions_, {});
    }

private:
    std::array<detail::GroupedStream, sizeof...(R)> others_;
    std::optional<std::size_t> partitions_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {
template <class... R, class... Chain>
auto makeCogroup(std::optional<std::size_t> partitions, const DStream<R, Chain>&... others)
{
    if constexpr (!groupTogether<R...>) {
        return RefusedGrouping<R...>{};
    } else {
        return Cogroup<R...>{{groupedStream(others, Cogroup<R...>::name)...}, partitions};
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
///   of the result (the context's `defaultPartitions`).
/// - **Time**: only batches of the same time meet.
/// - **Keys**: of one type, `std::string` and `std::string_view` being one; need `operator==` and a
///   hash. Every key that is in any stream comes once; where a stream lacks it, its range is empty.
/// - **Moves**: every value of every stream, to the partition that the key's hash names.
/// - **Shape**: a stage for each stream, whose chain ends in a table of groups, and one in which
/// the
///   tables meet by partition. An operator that is used twice groups its others once. The order of
///   keys is not specified; values keep the order of their stream.
/// - **Empty**: of empty batches only, an empty batch with all its partitions.
/// - **Errors**: InvalidArgument for 0 partitions, and where a stream belongs to another context.
/// - **Cost**: as `groupByKey` for each stream; then one probe, without hashing, per key and other
///   stream.
/// - **Source**: Spark's `PairDStreamFunctions.cogroup`.
template <class R1, class C1>
[[nodiscard]] auto cogroup(
    const DStream<R1, C1>& other, std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(partitions, other);
}

template <class R1, class C1, class R2, class C2>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& second, const DStream<R2, C2>& third,
    std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(partitions, second, third);
}

template <class R1, class C1, class R2, class C2, class R3, class C3>
[[nodiscard]] auto cogroup(const DStream<R1, C1>& second, const DStream<R2, C2>& third,
    const DStream<R3, C3>& fourth, std::optional<std::size_t> partitions = std::nullopt)
{
    return detail::makeCogroup(partitions, second, third, fourth);
}

} // namespace sluice::inline SLUICE_ABI
