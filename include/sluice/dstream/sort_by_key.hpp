#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/keyed.hpp>
#include <sluice/algebra/natural_order.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/partition/partitioning.hpp> // checkPartitions
#include <sluice/storage/batch.hpp>
#include <sluice/storage/partition.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace sluice {

/// The function behind `sortByKey()`.
template <class Compare, class Projection>
class SortByKey {
public:
    SortByKey(Compare compare, Projection projection, std::optional<std::size_t> partitions)
        : compare_{std::move(compare)}, projection_{std::move(projection)}, partitions_{partitions}
    {
        if (partitions) {
            detail::checkPartitions(*partitions, "sortByKey(compare, projection, partitions)");
        }
    }

    template <KeyValue T>
        requires std::copyable<T> && std::indirect_strict_weak_order<const Compare,
                                         std::projected<const KeyOf<T>*, const Projection>>
    [[nodiscard]] auto operator()(const Batch<T>& batch) const -> Batch<T>
    {
        auto sorted = std::make_shared<Sorted<T>>();
        sorted->records.reserve(batch.size());
        sorted->records.assign(batch.begin(), batch.end());
        if constexpr (!Owning<T>) { sorted->from = batch; }
        auto& records = sorted->records;
        std::stable_sort(
            records.begin(), records.end(), [this](const T& a, const T& b) { return less(a, b); });
        const std::size_t count = partitions_.value_or(batch.partitions().size());
        std::vector<Partition<T>> partitions;
        std::size_t begin = 0;
        for (std::size_t i = 1; i <= count; ++i) {
            std::size_t end = std::max(begin, i * records.size() / count);
            while (end > begin && end < records.size() && !less(records[end - 1], records[end])) {
                ++end; // equal keys stay together
            }
            partitions.emplace_back(
                sorted, std::span<const T>{records}.subspan(begin, end - begin));
            begin = end;
        }
        return {std::move(partitions), std::make_shared<const BatchMetadata>(batch.metadata())};
    }

private:
    template <class T>
    struct Sorted {
        std::vector<T> records;
        Batch<T> from; // has the bytes under the views
    };

    template <class T>
    bool less(const T& a, const T& b) const
    {
        return std::invoke(compare_, std::invoke(projection_, detail::keyOf(a)),
            std::invoke(projection_, detail::keyOf(b)));
    }

    [[no_unique_address]] Compare compare_;
    [[no_unique_address]] Projection projection_;
    std::optional<std::size_t> partitions_;
};

/// A function for `transform`: the records of a batch in the order of their keys.
///
/// - **Types**: `Batch<pair<K, V>>` to `Batch<pair<K, V>>`, so that `transform(sortByKey())` is
///   from `DStream<pair<K, V>>` to the same.
/// - **Takes**: optionally an order and a projection of the key, as `std::ranges::sort` does, and
///   the number of partitions of the result (as many as the batch has). The order given first is
///   `NaturalOrder`: `<`, with NaN last. `std::ranges::greater{}` sorts from the largest down.
/// - **Keys**: need no hash. Records of equal keys keep their order and lie in one partition.
/// - **Moves**: copies every record once.
/// - **Shape**: partitions of about equal size; all keys of one come before those of the next.
/// - **Empty**: an empty batch gives empty partitions.
/// - **Errors**: other than 1 to 1,048,576 partitions throw InvalidArgument here; what the order
///   throws fails the batch.
/// - **Cost**: `std::stable_sort` of the batch on one thread, as all of `transform`. To sort each
///   partition of a large batch in parallel, use `partitionBy(RangePartitioner...)` and
///   `mapPartitions`.
/// - **Source**: Spark's `OrderedRDDFunctions.sortByKey`.
template <std::copy_constructible Compare = NaturalOrder,
    std::copy_constructible Projection = std::identity>
[[nodiscard]] auto sortByKey(Compare compare = {}, Projection projection = {},
    std::optional<std::size_t> partitions = std::nullopt) -> SortByKey<Compare, Projection>
{
    return {std::move(compare), std::move(projection), partitions};
}

} // namespace sluice
