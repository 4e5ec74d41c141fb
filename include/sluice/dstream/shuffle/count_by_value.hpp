#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stream.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `countByValue()`.
template <class P = HashPartitioner>
class CountByValue {
    using EachOnce = detail::EachWith<std::int64_t{1}>;
    template <class T>
    static constexpr bool hashable = HashableKey<T>;
    template <class T>
    static constexpr bool copyable = std::copy_constructible<T>;
    template <class T>
    static constexpr bool ownable = detail::OwnableKey<T>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"countByValue"};

    explicit CountByValue(std::optional<P> partitioner) : partitioner_{std::move(partitioner)} {}

    template <class T>
    using Output = std::pair<T, std::int64_t>;

    template <class T>
    static constexpr bool accepts = hashable<T> && copyable<T> && ownable<T> && PartitionerOf<P, T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!hashable<T>) {
            static_assert(hashable<T>, "sluice: countByValue(): the records need operator== and a "
                                       "hash, std::hash<T>");
        } else if constexpr (!copyable<T>) {
            static_assert(copyable<T>, "sluice: countByValue(): the records must be copyable, and "
                                       "their type can only be moved");
        } else if constexpr (!ownable<T>) {
            static_assert(ownable<T>,
                "sluice: countByValue(): records other than std::string_view must own their "
                "memory; use std::string for views, or specialise sluice::Owning<T>");
        } else {
            static_assert(accepts<T>,
                "sluice: countByValue(partitioner): the partitioner must have partitions() and "
                "operator==, and be callable as std::size_t(const T&)");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        return detail::combineStream<CountByValue, Output<T>>(
            stream, EachOnce{}, std::plus<std::int64_t>{}, partitioner_);
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return detail::combineFinite<Output<typename Finite::Record>>(
            std::move(input).then(EachOnce{}), std::plus<std::int64_t>{});
    }

private:
    std::optional<P> partitioner_;
};

/// How often each distinct record occurs in the batch.
///
/// - **Types**: `DStream<T>` to `DStream<pair<T, std::int64_t>>`.
/// - **Takes**: optionally the number of partitions of the result (the context's
///   `defaultPartitions`), or a
///   partitioner (`PartitionerOf<T>`).
/// - **Keys**: the records; they need `operator==` and a hash. `std::string_view` records are
///   copied once per distinct text.
/// - **Moves**: one record per distinct one and task, to the partition that its hash names.
/// - **Shape**: two stages: the chain before it ends in a combine table, tables are merged by
///   partition. The order of the result is not specified.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: other than 1 to 1,048,576 partitions throw InvalidArgument here.
/// - **Cost**: one hash and one probe per record, no copy of records that occurred before.
/// - **Source**: Spark's `DStream.countByValue`.
[[nodiscard]] inline auto countByValue() -> CountByValue<>
{
    return CountByValue<>{std::nullopt};
}

[[nodiscard]] inline auto countByValue(std::size_t partitions) -> CountByValue<>
{
    return CountByValue<>{detail::hashInto(partitions, "countByValue(partitions)")};
}

template <detail::MaybePartitioner P>
[[nodiscard]] auto countByValue(P partitioner) -> CountByValue<P>
{
    return CountByValue<P>{
        detail::checkedPartitioner(std::move(partitioner), "countByValue(partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
