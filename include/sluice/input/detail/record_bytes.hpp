#pragma once

#include <cstddef>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::detail {

template <class T>
std::size_t heapBytes(const T& value);

template <class T>
inline constexpr bool hasFields = false;
template <class A, class B>
inline constexpr bool hasFields<std::pair<A, B>> = true;
template <class... T>
inline constexpr bool hasFields<std::tuple<T...>> = true;

/// About how much memory a record takes: itself and what standard containers in it hold. What a
/// class of the user's own holds elsewhere is not seen.
template <class T>
[[nodiscard]] std::size_t bytesOf(const T& record)
{
    return sizeof(T) + heapBytes(record);
}

template <class T>
std::size_t heapBytes(const T& value)
{
    if constexpr (hasFields<T>) {
        return std::apply(
            [](const auto&... field) { return (std::size_t{0} + ... + heapBytes(field)); }, value);
    } else if constexpr (requires { *value, value.has_value(); }) {
        return value ? heapBytes(*value) : 0;
    } else if constexpr (std::ranges::sized_range<const T>) {
        using Element = std::ranges::range_value_t<const T>;
        if constexpr (std::is_trivially_copyable_v<Element>) {
            return std::ranges::size(value) * sizeof(Element);
        } else {
            std::size_t sum = 0;
            for (const auto& element : value) {
                sum += bytesOf(element);
            }
            return sum;
        }
    } else {
        return 0;
    }
}

} // namespace sluice::detail
