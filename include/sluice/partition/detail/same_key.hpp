#pragma once

#include <sluice/algebra/nan.hpp> // mayHoldNaN

#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

namespace sluice::detail {

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
