#pragma once

#include <sluice/algebra/concepts.hpp> // MapperOn
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

template <class F>
class Map;

namespace detail {
/// What `map` does with one record inside a fused loop.
template <class F, class Next>
class MapStep {
public:
    constexpr MapStep(const F& function, Next&& next) : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        next_(callOn<Map<F>, Borrows<F>>(function_, std::forward<T>(record)));
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] F function_;
    Next next_;
};
} // namespace detail

/// The transducer behind `map(function)`.
template <class F>
class Map {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"map"};

    constexpr explicit Map(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;

    template <class T>
    static constexpr bool accepts = MapperOn<F, T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: map(function): the function must be callable as U(const T&), with a result");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeAfter<F, T, std::invoke_result_t<F&, const T&>>(before);
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::MapStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct MapFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> Map<F>
    {
        return Map<F>{std::move(function)};
    }
};
} // namespace detail

/// Replaces each record by what `function` makes of it.
///
/// - **Types**: `DStream<T>` to `DStream<U>`, `U` the result without reference.
/// - **Takes**: `MapperOn<T>`, called as `U(const T&)`, or with a `T&&` where the chain made the
///   record and the function takes one; a pointer to a member works. Each task works on its own
///   copy.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record; no copy, no allocation.
/// - **Source**: Spark's `DStream.map`.
inline constexpr detail::MapFn map{};

} // namespace sluice
