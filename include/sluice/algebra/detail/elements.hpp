#pragma once

#include <sluice/algebra/owning.hpp> // detail::OwningContainer

#include <array>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>

namespace sluice::detail {

template <class T>
inline constexpr std::size_t arrayLength = 0;
template <class T, std::size_t n>
inline constexpr std::size_t arrayLength<std::array<T, n>> = n;

/// Whether the elements belong to the range object itself. Of other ranges, views or not, nobody
/// knows.
template <class Range>
inline constexpr bool ownsElements = OwningContainer<Range> || arrayLength<Range> != 0;

/// Whether a range that was given as `Range` (with its reference, if it has one) is an object of
/// ours whose elements may be moved from.
template <class Range>
inline constexpr bool givesElementsAway =
    !std::is_reference_v<Range> && !std::is_const_v<Range> && ownsElements<Range> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>;

/// Whether the elements are objects that stay where they are when the iteration goes on and when a
/// range given as `Range` is gone; an lvalue is the caller's, and stays.
template <class Range>
inline constexpr bool elementsStay = [] {
    using Plain = std::remove_cvref_t<Range>;
    if constexpr (!std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>) {
        return false;
    } else if constexpr (std::is_lvalue_reference_v<Range>) {
        return std::ranges::contiguous_range<Range> || OwningContainer<Plain>;
    } else {
        return std::ranges::contiguous_range<Range> && std::ranges::borrowed_range<Range>;
    }
}();

/// Whether the elements can go on just as the iteration gives them.
template <class Range>
inline constexpr bool plainElements =
    !givesElementsAway<Range> &&
    std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<Range>>,
        std::ranges::range_value_t<Range>>;

#if defined(__GNUC__)
// GCC warns that the pair of range-v3's zip prefers its own conversion to that of std::pair.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#endif
/// The value that a proxy of a range stands for.
template <class Value, class Proxy>
constexpr Value valueOf(Proxy&& proxy)
{
    return static_cast<Value>(std::forward<Proxy>(proxy));
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/// Calls `next` with each element of a range that was given as `Range`: as an rvalue where it may
/// be moved from, and as the range's value type where the range answers with proxies.
template <class Range, class Next>
constexpr void pushElements(std::remove_reference_t<Range>& range, Next& next)
{
    constexpr std::size_t length = arrayLength<std::remove_cvref_t<Range>>;
    if constexpr (length > 0 && length <= 4) {
        // Written out: GCC 12 unrolls such a loop itself, but too late to keep the array out of
        // memory and the branch of a filter behind it out of the loop (flatMap to three, filter,
        // sum: 1.3 to 1.9 times as long).
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            if constexpr (givesElementsAway<Range>) {
                (next(std::move(range[i])), ...);
            } else {
                (next(range[i]), ...);
            }
        }(std::make_index_sequence<length>{});
    } else if constexpr (givesElementsAway<Range>) {
        for (auto& element : range) {
            next(std::move(element));
        }
    } else if constexpr (plainElements<Range>) {
        for (auto&& element : range) {
            next(std::forward<decltype(element)>(element));
        }
    } else {
        for (auto&& proxy : range) {
            next(valueOf<std::ranges::range_value_t<Range>>(std::forward<decltype(proxy)>(proxy)));
        }
    }
}

} // namespace sluice::detail
