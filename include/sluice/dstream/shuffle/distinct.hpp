#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stream.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::detail {

struct KeepNoValue {
    constexpr NoValue operator()(NoValue, NoValue) const { return {}; }
};

} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// The operator behind `distinct()`.
template <class P = HashPartitioner>
class Distinct {
    using EachAlone = detail::EachWith<detail::NoValue{}>;
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
    static constexpr std::string_view name{"distinct"};

    explicit Distinct(std::optional<P> partitioner) : partitioner_{std::move(partitioner)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = hashable<T> && copyable<T> && ownable<T> && PartitionerOf<P, T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!hashable<T>) {
            static_assert(hashable<T>,
                "sluice: distinct(): the records need operator== and a hash, std::hash<T>");
        } else if constexpr (!copyable<T>) {
            static_assert(copyable<T>, "sluice: distinct(): the records must be copyable, and "
                                       "their type can only be moved");
        } else if constexpr (!ownable<T>) {
            static_assert(ownable<T>,
                "sluice: distinct(): records other than std::string_view must own their memory; "
                "use std::string for views, or specialise sluice::Owning<T>");
        } else {
            static_assert(accepts<T>,
                "sluice: distinct(partitioner): the partitioner must have partitions() and "
                "operator==, and be callable as std::size_t(const T&)");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        return detail::combineStream<Distinct, T, false>(
            stream, EachAlone{}, detail::KeepNoValue{}, partitioner_);
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return detail::combineFinite<typename Finite::Record>(
            std::move(input).then(EachAlone{}), detail::KeepNoValue{});
    }

private:
    std::optional<P> partitioner_;
};

/// Each record of the batch once, however often it occurs.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: optionally the number of partitions of the result (the context's
///   `defaultPartitions`), or a
///   partitioner (`PartitionerOf<T>`).
/// - **Keys**: the records; they need `operator==` and a hash. `std::string_view` records are
///   copied once per distinct text.
/// - **Moves**: one record per distinct one and task, to the partition that its hash names.
/// - **Shape**: two stages: the chain before it ends in a table, tables are merged by partition.
///   Which of equal records stays, and the order of the result, are not specified.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: other than 1 to 1,048,576 partitions throw InvalidArgument here.
/// - **Cost**: one hash and one probe per record, no copy of records that occurred before.
/// - **Source**: Spark's `RDD.distinct`, but a stream.
[[nodiscard]] inline auto distinct() -> Distinct<>
{
    return Distinct<>{std::nullopt};
}

[[nodiscard]] inline auto distinct(std::size_t partitions) -> Distinct<>
{
    return Distinct<>{detail::hashInto(partitions, "distinct(partitions)")};
}

template <detail::MaybePartitioner P>
[[nodiscard]] auto distinct(P partitioner) -> Distinct<P>
{
    return Distinct<P>{detail::checkedPartitioner(std::move(partitioner), "distinct(partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
