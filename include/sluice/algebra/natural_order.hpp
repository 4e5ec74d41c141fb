#pragma once

#include <concepts>

namespace sluice {

/// `a < b`, with NaN behind all numbers: an order that sorting may rely on for floating-point
/// numbers too.
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
        if constexpr (std::floating_point<A> && std::floating_point<B>) {
            return a < b || (a == a && b != b); // NOLINT(misc-redundant-expression): NaN is not
        } else {
            return a < b;
        }
    }

    friend bool operator==(NaturalOrder, NaturalOrder) = default;
};

} // namespace sluice
