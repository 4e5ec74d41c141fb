#pragma once

#include <sluice/algebra/concepts.hpp> // PredicateOn
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <string_view>
#include <utility>

namespace sluice {

template <class Predicate>
class Filter;

namespace detail {
/// What `filter` does with one record inside a fused loop.
template <class Predicate, class Next>
class FilterStep {
public:
    constexpr FilterStep(const Predicate& predicate, Next&& next)
        : predicate_{predicate}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        if (call<Filter<Predicate>>(predicate_, std::as_const(record))) {
            next_(std::forward<T>(record));
        }
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] Predicate predicate_;
    Next next_;
};
} // namespace detail

/// The transducer behind `filter(predicate)`.
template <class Predicate>
class Filter {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"filter"};

    constexpr explicit Filter(Predicate predicate) : predicate_{std::move(predicate)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = PredicateOn<Predicate, T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: filter(predicate): the predicate must be callable as bool(const T&)");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return before;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::FilterStep<Predicate, Next>
    {
        return {predicate_, std::move(next)};
    }

private:
    [[no_unique_address]] Predicate predicate_;
};

namespace detail {
struct FilterFn {
    template <std::copy_constructible Predicate>
    [[nodiscard]] constexpr auto operator()(Predicate predicate) const -> Filter<Predicate>
    {
        return Filter<Predicate>{std::move(predicate)};
    }
};
} // namespace detail

/// Keeps the records for which `predicate` holds and drops the others.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: `PredicateOn<T>`, called as `bool(const T&)`. Each task works on its own copy.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: what `predicate` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record; no copy, no allocation.
/// - **Source**: Spark's `DStream.filter`.
inline constexpr detail::FilterFn filter{};

} // namespace sluice
