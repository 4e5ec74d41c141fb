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
class CountByValue {
    using EachOnce = detail::EachWith<std::int64_t{1}>;
    template <class T>
    static constexpr bool hashable = HashableKey<T>;
    template <class T>
    static constexpr bool copyable = std::copy_constructible<T>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"countByValue"};

    explicit CountByValue(std::optional<std::size_t> partitions) : partitions_{partitions}
    {
        if (partitions == 0U) {
            throw InvalidArgument{
                "sluice: countByValue(partitions): 0 partitions given, must be at least 1"};
        }
    }

    template <class T>
    using Output = std::pair<T, std::int64_t>;

    template <class T>
    static constexpr bool accepts = hashable<T> && copyable<T> && detail::OwnableKey<T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!hashable<T>) {
            static_assert(hashable<T>, "sluice: countByValue(): the records need operator== and a "
                                       "hash, std::hash<T>");
        } else if constexpr (!copyable<T>) {
            static_assert(copyable<T>, "sluice: countByValue(): the records must be copyable, and "
                                       "their type can only be moved");
        } else {
            static_assert(accepts<T>,
                "sluice: countByValue(): records other than std::string_view must own their "
                "memory; use std::string for views, or specialise sluice::Owning<T>");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        return detail::combineStream<CountByValue, Output<T>>(
            stream, EachOnce{}, std::plus<std::int64_t>{}, partitions_);
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return detail::combineFinite<Output<typename Finite::Record>>(
            std::move(input).then(EachOnce{}), std::plus<std::int64_t>{});
    }

private:
    std::optional<std::size_t> partitions_;
};

/// How often each distinct record occurs in the batch.
///
/// - **Types**: `DStream<T>` to `DStream<pair<T, std::int64_t>>`.
/// - **Takes**: optionally the number of partitions of the result (the context's
///   `defaultPartitions`).
/// - **Keys**: the records; they need `operator==` and a hash. `std::string_view` records are
///   copied once per distinct text.
/// - **Moves**: one record per distinct one and task, to the partition that its hash names.
/// - **Shape**: two stages: the chain before it ends in a combine table, tables are merged by
///   partition. The order of the result is not specified.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: 0 partitions throw InvalidArgument here.
/// - **Cost**: one hash and one probe per record, no copy of records that occurred before.
/// - **Source**: Spark's `DStream.countByValue`.
[[nodiscard]] inline CountByValue countByValue()
{
    return CountByValue{std::nullopt};
}

[[nodiscard]] inline CountByValue countByValue(std::size_t partitions)
{
    return CountByValue{partitions};
}

} // namespace sluice::inline SLUICE_ABI
