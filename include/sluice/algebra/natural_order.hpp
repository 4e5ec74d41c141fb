#pragma once

#include <sluice/algebra/nan.hpp>

#include <concepts>

namespace sluice {

/// `a < b`, with NaN behind all numbers: an order that sorting may rely on for floating-point
/// numbers too, and for pairs, tuples, optionals and arrays of them.
struct NaturalOrder {
    using is_transparent = void;

    template <class A, class B>
        requires requires(const A& a, const B& b) {
            {
                a < b
            } -> std::convertible_to<bool>;
        }
    constexpr bool operator()(const A& a, const B& b) const
    {
        return detail::naturalLess(a, b);
    }

    friend bool operator==(NaturalOrder, NaturalOrder) = default;
};

} // namespace sluice
