#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/detail/elements.hpp>
#include <sluice/algebra/evaluate.hpp> // Evaluated
#include <sluice/algebra/flat_map.hpp> // PushRange

#include <concepts>
#include <ranges>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// What may be assumed of the elements of a range, given as `Range`, that `F` made of materialised
/// records. Elements that cannot be copied and lie elsewhere count as such records: nobody keeps
/// them.
template <class F, class Range>
inline constexpr Lifetime lifetimeOfValues = [] {
    if (!std::copy_constructible<std::ranges::range_value_t<Range>> &&
        std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> &&
        !givesElementsAway<Range>) {
        return Lifetime::record;
    }
    return Borrows<F> ? Lifetime::views : Lifetime::ephemeral;
}();

/// Keeps the elements of what a function answered as `Values`.
template <class Values, class T, bool copies>
void keepValues(std::remove_reference_t<Values>& values, Kept<T, copies>& kept)
{
    Collector<T, copies> collector{std::move(kept)};
    if constexpr (PushRange<Values, Collector<T, copies>>) {
        values.forEach(collector);
    } else {
        pushElements<Values>(values, collector);
    }
    kept = collector.finish();
}

/// What was kept, as a range for `evaluate`.
template <class T, bool copies>
auto asRange(Kept<T, copies>&& kept)
{
    if constexpr (copies) {
        return Evaluated<T>{std::move(kept)};
    } else {
        return std::move(kept.records);
    }
}

} // namespace sluice::detail
