#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stream.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `reduceByKey(function)`.
template <class F, class P = HashPartitioner>
class ReduceByKey {
    using Reducer = detail::NamedReducer<ReduceByKey, F>;

    template <class T>
    static constexpr bool keyed = KeyValue<T>;
    template <class T>
    static constexpr bool hashable = HashableKey<KeyOf<T>>;
    template <class T>
    static constexpr bool reduces = ReducerOf<F, MappedOf<T>>;
    template <class T>
    static constexpr bool copyable = std::copyable<MappedOf<T>>;
    template <class T>
    static constexpr bool owning = Owning<MappedOf<T>> && detail::OwnableKey<KeyOf<T>>;
    template <class T>
    static constexpr bool places = PartitionerOf<P, KeyOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"reduceByKey"};

    ReduceByKey(F function, std::optional<P> partitioner)
        : function_{std::move(function)}, partitioner_{std::move(partitioner)}
    {
    }

    template <class T>
    using Output = std::pair<KeyOf<T>, MappedOf<T>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (keyed<T>) {
            return hashable<T> && copyable<T> && reduces<T> && owning<T> && places<T>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!keyed<T>) {
            static_assert(keyed<T>,
                "sluice: reduceByKey(function): the records must be key and "
                "value, anything with the tuple protocol of size two, such as std::pair<K, V>");
        } else if constexpr (!hashable<T>) {
            static_assert(hashable<T>,
                "sluice: reduceByKey(function): the key needs operator== and a hash, std::hash<K>");
        } else if constexpr (!copyable<T>) {
            static_assert(copyable<T>, "sluice: reduceByKey(function): the values must be "
                                       "copyable, and their type can only be "
                                       "moved");
        } else if constexpr (!reduces<T>) {
            static_assert(reduces<T>,
                "sluice: reduceByKey(function): the function must be callable as V(V, const V&)");
        } else if constexpr (!owning<T>) {
            static_assert(owning<T>,
                "sluice: reduceByKey(function): a value, and a key other than std::string_view, "
                "must own "
                "its memory; use std::string for views, or specialise sluice::Owning<T>");
        } else {
            static_assert(places<T>,
                "sluice: reduceByKey(function, partitioner): the partitioner must have "
                "partitions() and operator==, and be callable as std::size_t(const K&)");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        return detail::combineStream<ReduceByKey, Output<T>>(
            stream, Identity{}, Reducer{function_}, partitioner_);
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return detail::combineFinite<Output<typename Finite::Record>>(
            std::move(input), Reducer{function_});
    }

private:
    F function_;
    std::optional<P> partitioner_;
};

/// One record per distinct key: all its values of the batch reduced to one.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<pair<K, V>>`.
/// - **Takes**: `function`, called as `V(V, const V&)`, associative and commutative; and optionally
///   the number of partitions of the result (the context's `defaultPartitions`), or a
///   partitioner (`PartitionerOf<K>`).
/// - **Keys**: need `operator==` and a hash; `std::string_view` keys are copied once per distinct
///   key.
/// - **Moves**: one record per distinct key and task, to the partition that the key's hash, or the
///   partitioner, names; none where the keys lie so already (see `partitionBy`).
/// - **Shape**: two stages: the chain before it ends in a combine table, tables are merged by
///   partition. The order of the result is not specified.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: what `function` throws fails the task; other than 1 to 1,048,576 partitions throw
///   InvalidArgument here.
/// - **Cost**: one hash and one probe per record, no allocation per record.
/// - **Source**: Spark's `PairDStreamFunctions.reduceByKey`.
template <std::copy_constructible F>
[[nodiscard]] auto reduceByKey(F function) -> ReduceByKey<F>
{
    return {std::move(function), std::nullopt};
}

template <std::copy_constructible F>
[[nodiscard]] auto reduceByKey(F function, std::size_t partitions) -> ReduceByKey<F>
{
    return {std::move(function), detail::hashInto(partitions, "reduceByKey(function, partitions)")};
}

template <std::copy_constructible F, detail::MaybePartitioner P>
[[nodiscard]] auto reduceByKey(F function, P partitioner) -> ReduceByKey<F, P>
{
    return {std::move(function),
        detail::checkedPartitioner(std::move(partitioner), "reduceByKey(function, partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
