#pragma once

#include <sluice/algebra/concepts.hpp> // FlatMapperOn
#include <sluice/algebra/detail/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <array>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

template <class F>
class FlatMap;

namespace detail {
/// A range that is better at calling a function for each element than at being iterated.
template <class Range, class Sink>
concept PushRange = requires(Range& range, Sink& sink) { range.forEach(sink); };

/// Whether a function's result is a container of its own, whose elements may be moved from.
template <class Result>
inline constexpr bool givesElementsAway =
    !std::is_reference_v<Result> && !std::ranges::view<Result> &&
    !std::ranges::borrowed_range<Result>;

template <class T>
inline constexpr std::size_t fewElements = 0;
/// How many elements an array has, if that is few enough to write the loop over them out.
///
/// GCC 12 unrolls the loop itself, but too late to drop the array from memory and the branches of a
/// filter behind it: a flatMap to three, a filter and a sum took 1.3 to 1.9 times as long.
template <class T, std::size_t n>
    requires(n <= 4)
inline constexpr std::size_t fewElements<std::array<T, n>> = n;

/// What `flatMap` does with one record inside a fused loop.
template <class F, class Next>
class FlatMapStep {
public:
    constexpr FlatMapStep(const F& function, Next&& next)
        : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        decltype(auto) values = callOn<FlatMap<F>, Borrows<F>>(function_, std::forward<T>(record));
        using Values = decltype(values);
        if constexpr (PushRange<Values, Next>) {
            values.forEach(next_);
        } else if constexpr (std::ranges::view<std::remove_cvref_t<Values>>) {
            // A lazy view runs the user's code while it is iterated.
            try {
                pushEach<Values>(values);
            } catch (...) {
                failIn(FlatMap<F>::name);
            }
        } else {
            pushEach<Values>(values);
        }
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    template <class Values, class Range>
    constexpr void pushEach(Range& values)
    {
        using Value = std::ranges::range_value_t<Values>;
        using Reference = std::ranges::range_reference_t<Values>;
        if constexpr (constexpr auto n = fewElements<std::remove_cvref_t<Values>>; n > 0) {
            [&]<std::size_t... i>(std::index_sequence<i...>) {
                (next_(std::get<i>(static_cast<Values&&>(values))), ...);
            }(std::make_index_sequence<n>{});
        } else if constexpr (givesElementsAway<Values> && std::is_lvalue_reference_v<Reference>) {
            for (auto&& value : values) {
                next_(std::move(value));
            }
        } else if constexpr (std::is_same_v<std::remove_cvref_t<Reference>, Value>) {
            for (auto&& value : values) {
                next_(std::forward<decltype(value)>(value));
            }
        } else {
            for (auto&& proxy : values) {
                next_(static_cast<Value>(std::forward<decltype(proxy)>(proxy)));
            }
        }
    }

    [[no_unique_address]] F function_;
    Next next_;
};
} // namespace detail

/// The transducer behind `flatMap(function)`.
template <class F>
class FlatMap {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"flatMap"};

    constexpr explicit FlatMap(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::ranges::range_value_t<std::invoke_result_t<F&, const T&>>;

    template <class T>
    static constexpr bool accepts = FlatMapperOn<F, T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: flatMap(function): the function must be callable as Range(const T&)");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeAfter<F, T>(before) == detail::Lifetime::ephemeral
                   ? detail::Lifetime::ephemeral
                   : detail::Lifetime::views;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::FlatMapStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct FlatMapFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> FlatMap<F>
    {
        return FlatMap<F>{std::move(function)};
    }
};
} // namespace detail

/// Replaces each record by the elements of the range that `function` makes of it, in their order.
///
/// - **Types**: `DStream<T>` to `DStream<U>`, `U` the range's value type.
/// - **Takes**: `FlatMapperOn<T>`, called as `Range(const T&)`: any C++20 or range-v3 range, a
/// container or
///   a view; `words`, `lines` and `splitBy(c)` are such functions. Each task works on its own copy.
/// - **Shape**: narrow. Fuses as a nested loop; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch; an empty range gives no record.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record, one step per element; no allocation but the function's own.
/// - **Source**: Spark's `DStream.flatMap`.
inline constexpr detail::FlatMapFn flatMap{};

} // namespace sluice
