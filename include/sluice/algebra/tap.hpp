#pragma once

#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <string_view>
#include <utility>

namespace sluice {

template <class F>
class Tap;

namespace detail {
/// What `tap` does with one record inside a fused loop.
template <class F, class Next>
class TapStep {
public:
    constexpr TapStep(const F& function, Next&& next) : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        static_cast<void>(call<Tap<F>>(function_, std::as_const(record)));
        next_(std::forward<T>(record));
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] F function_;
    Next next_;
};
} // namespace detail

/// The transducer behind `tap(function)`.
template <class F>
class Tap {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"tap"};

    constexpr explicit Tap(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = std::invocable<F&, const T&>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(
            accepts<T>, "sluice: tap(function): the function must be callable as void(const T&)");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return before;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::TapStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct TapFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> Tap<F>
    {
        return Tap<F>{std::move(function)};
    }
};
} // namespace detail

/// Shows each record to `function` and passes it on as it is: to watch, count or check.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: a function called as `void(const T&)`, its result ignored. Each task works on its
///   own copy, on any thread: what the copies share must be safe to use from several.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Time**: called again for the same record by a retry, and by each consumer that fuses the
///   chain; behind `cache()` consumers share one run.
/// - **Empty**: an empty batch stays an empty batch, and nothing is called.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record; no copy, no allocation.
/// - **Source**: Java's `Stream.peek`; Spark has none.
inline constexpr detail::TapFn tap{};

} // namespace sluice
