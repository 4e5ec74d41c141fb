#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// Whether NaN may be in a key of this type.
template <class K>
inline constexpr bool mayHoldNaN = std::floating_point<K>;
template <class A, class B>
inline constexpr bool mayHoldNaN<std::pair<A, B>> = mayHoldNaN<A> || mayHoldNaN<B>;
template <class... K>
inline constexpr bool mayHoldNaN<std::tuple<K...>> = (mayHoldNaN<K> || ...);
template <class K>
inline constexpr bool mayHoldNaN<std::optional<K>> = mayHoldNaN<K>;
template <class K, std::size_t n>
inline constexpr bool mayHoldNaN<std::array<K, n>> = mayHoldNaN<K>;

/// `a == b`, but NaN is the same key as NaN: one that is not the same as itself is never found
/// again.
template <class K>
constexpr bool sameKey(const K& a, const K& b)
{
    if constexpr (!mayHoldNaN<K>) {
        return static_cast<bool>(a == b);
    } else if constexpr (std::floating_point<K>) {
        return a == b || (a != a && b != b);
    } else if constexpr (requires { a.has_value(); }) {
        return a && b ? sameKey(*a, *b) : a.has_value() == b.has_value();
    } else {
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            return (sameKey(std::get<i>(a), std::get<i>(b)) && ...);
        }(std::make_index_sequence<std::tuple_size_v<K>>{});
    }
}

} // namespace sluice::detail
