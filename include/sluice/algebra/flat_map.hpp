#pragma once

#include <sluice/algebra/concepts.hpp> // FlatMapperOn
#include <sluice/algebra/detail/elements.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
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

/// Sends the elements of what a function given to `Op` answered, as `Values`, on to `next`.
template <class Op, class Values, class Next>
constexpr void pushValues(std::remove_reference_t<Values>& values, Next& next)
{
    PassOn<Next> each{next};
    if constexpr (PushRange<Values, PassOn<Next>>) {
        values.forEach(each);
    } else if constexpr (ownsElements<std::remove_cvref_t<Values>>) {
        pushElements<Values>(values, each);
    } else {
        // A lazy range runs the user's code while it is iterated.
        try {
            pushElements<Values>(values, each);
        } catch (...) {
            failIn(Op::name);
        }
    }
}

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
        pushValues<FlatMap<F>, decltype(values)>(values, next_);
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
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
        // An element is a value, so it is never taken for the partition's own record.
        return detail::lifetimeAfter<F, T, Output<T>>(before);
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
///   container or a view; `words`, `lines` and `splitBy(c)` are such functions. Each task works on
///   its own copy.
/// - **Shape**: narrow. Fuses as a nested loop; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch; an empty range gives no record.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record, one step per element; no allocation but the function's own.
/// - **Source**: Spark's `DStream.flatMap`.
inline constexpr detail::FlatMapFn flatMap{};

} // namespace sluice
