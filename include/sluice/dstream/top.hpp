#pragma once

#include <sluice/algebra/error.hpp> // notNegative
#include <sluice/algebra/natural_order.hpp>
#include <sluice/storage/batch.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace sluice {

/// The function behind `top(n)`.
template <class Compare, class Projection>
class Top {
public:
    using SluiceBorrows = void; // what it returns is of the batch

    Top(std::size_t count, Compare compare, Projection projection)
        : count_{count}, compare_{std::move(compare)}, projection_{std::move(projection)}
    {
    }

    template <std::copy_constructible T>
        requires std::indirect_strict_weak_order<const Compare,
            std::projected<const T*, const Projection>>
    [[nodiscard]] auto operator()(const Batch<T>& batch) const -> std::vector<T>
    {
        struct Seen {
            const T* record;
            std::size_t number;
        };
        const auto better = [this](const Seen& a, const Seen& b) {
            if (less(*b.record, *a.record)) { return true; }
            return a.number < b.number && !less(*a.record, *b.record);
        };
        std::vector<Seen> best; // a heap with the worst of them in front
        std::size_t number = 0;
        for (const T& record : batch) {
            const Seen seen{&record, number++};
            if (best.size() == count_) {
                if (best.empty() || !better(seen, best.front())) { continue; }
                std::pop_heap(best.begin(), best.end(), better);
                best.back() = seen;
            } else {
                best.push_back(seen);
            }
            std::push_heap(best.begin(), best.end(), better);
        }
        std::sort_heap(best.begin(), best.end(), better);
        std::vector<T> records;
        records.reserve(best.size());
        for (const Seen& seen : best) {
            records.push_back(*seen.record);
        }
        return records;
    }

private:
    template <class T>
    bool less(const T& a, const T& b) const
    {
        return std::invoke(compare_, std::invoke(projection_, a), std::invoke(projection_, b));
    }

    std::size_t count_;
    [[no_unique_address]] Compare compare_;
    [[no_unique_address]] Projection projection_;
};

/// A function for `transform`: the `n` largest records of a batch, the largest first.
///
/// - **Types**: `Batch<T>` to `std::vector<T>`, so that `transform(top(n))` is from `DStream<T>` to
///   `DStream<T>`.
/// - **Takes**: how many, and optionally an order and a projection of the record, as
///   `std::ranges::sort` does. The order given first is `NaturalOrder`: `<`, with NaN behind all
///   numbers. `std::ranges::greater{}` gives the smallest.
/// - **Shape**: one partition of at most `n` records; of equal ones the earlier ones, in their
///   order.
/// - **Empty**: an empty batch gives none.
/// - **Errors**: a negative number throws InvalidArgument here; what the order throws fails the
///   batch.
/// - **Cost**: one thread, as all of `transform`: one comparison per record, and `log n` of them
///   for those that are among the best so far. Copies `n` records at most; the bytes under views
///   stay in the batch.
/// - **Source**: Spark's `RDD.top`, but a stream.
template <std::copy_constructible Compare = NaturalOrder,
    std::copy_constructible Projection = std::identity>
[[nodiscard]] auto top(std::size_t n, Compare compare = {}, Projection projection = {})
    -> Top<Compare, Projection>
{
    return {detail::notNegative(n, "top(n)"), std::move(compare), std::move(projection)};
}

} // namespace sluice
