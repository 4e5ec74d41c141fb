#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

/// NaN, and keys with NaN inside.
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

/// Whether there is NaN in a key.
template <class K>
constexpr bool holdsNaN(const K& key)
{
    if constexpr (!mayHoldNaN<K>) {
        return false;
    } else if constexpr (std::floating_point<K>) {
        return key != key;
    } else if constexpr (requires { key.has_value(); }) {
        return key && holdsNaN(*key);
    } else {
        return std::apply([](const auto&... part) { return (holdsNaN(part) || ...); }, key);
    }
}

template <class A, class B>
inline constexpr bool likeTuples = false;
template <class A, class B>
    requires(std::tuple_size<A>::value == std::tuple_size<B>::value)
inline constexpr bool likeTuples<A, B> = true;

/// `a < b`, but NaN is behind all numbers, inside the parts of keys too.
template <class A, class B>
constexpr bool naturalLess(const A& a, const B& b)
{
    // NOLINTNEXTLINE(bugprone-branch-clone): for other types it is another
    if constexpr (!mayHoldNaN<A> || !mayHoldNaN<B>) {
        return static_cast<bool>(a < b);
    } else if constexpr (std::floating_point<A> && std::floating_point<B>) {
        return a < b || (!holdsNaN(a) && holdsNaN(b));
    } else if constexpr (requires { a.has_value() && b.has_value(); }) {
        return b && (!a || naturalLess(*a, *b));
    } else if constexpr (likeTuples<A, B>) {
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            bool less = false;
            const auto differs = [&less](const auto& x, const auto& y) {
                less = naturalLess(x, y);
                return less || naturalLess(y, x);
            };
            (void)(differs(std::get<i>(a), std::get<i>(b)) || ...);
            return less;
        }(std::make_index_sequence<std::tuple_size_v<A>>{});
    } else {
        return static_cast<bool>(a < b);
    }
}

} // namespace sluice::detail
