#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/concepts.hpp> // MapperOn
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/detail/split_stage.hpp>
#include <sluice/dstream/dstream.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice {

/// A record that a function threw for.
template <class T>
struct Failed {
    T record;
    std::string message;      ///< of the exception: what it says, where it says anything
    std::exception_ptr error; ///< the exception itself
};

} // namespace sluice

namespace sluice::detail::inline SLUICE_ABI {

/// The terminal that keeps what a function makes of records, and apart from it those that it throws
/// for.
template <class T, Lifetime lifetime, class F>
class TryMapTerminal {
    using Result = std::invoke_result_t<F&, const T&>;

public:
    using Made = std::remove_cvref_t<Result>;
    static constexpr Lifetime madeLifetime = lifetimeAfter<F, T, Result>(lifetime);

private:
    static constexpr bool copiesMade = copiesBytes<Made, madeLifetime>;
    static constexpr bool copiesFailed = copiesBytes<T, lifetime>;

public:
    using Functions = F;
    using Parts = std::tuple<Kept<Made, copiesMade>, Kept<Failed<T>, copiesFailed>>;
    /// Whether what is kept has views into the partition that was read.
    static constexpr bool borrows = (!copiesMade && !Owning<Made>) || (!copiesFailed && !Owning<T>);

    TryMapTerminal(const F& function, Parts parts) : function_{function}, parts_{std::move(parts)}
    {
    }

    template <class Record>
    void operator()(Record&& record)
    {
        bool answered = false;
        try {
            auto&& made = std::invoke(function_, std::as_const(record));
            answered = true;
            std::get<0>(parts_).add(std::forward<decltype(made)>(made));
        } catch (...) {
            if (answered) { throw; }
            const auto error = std::current_exception();
            std::get<1>(parts_).add(
                Failed<T>{std::forward<Record>(record), engine::textOf(error), error});
        }
    }

    Parts finish() { return std::move(parts_); }

private:
    [[no_unique_address]] F function_;
    Parts parts_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `tryMap(function)`.
template <class F>
class TryMap {
    // What a function that borrows makes depends on the chain before it, which is looked at later.
    template <class T>
    static consteval bool keepsResult()
    {
        using Made = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;
        return Borrows<F> || detail::canKeep<Made, detail::Lifetime::ephemeral>;
    }

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"tryMap"};
    using Refusal = std::pair<detail::Refused, detail::Refused>;

    explicit TryMap(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (MapperOn<F, T>) {
            return std::copy_constructible<T> && keepsResult<T>();
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!MapperOn<F, T>) {
            static_assert(accepts<T>, "sluice: tryMap(function): the function must be callable as "
                                      "U(const T&), with a result");
        } else if constexpr (!std::copy_constructible<T>) {
            static_assert(accepts<T>, "sluice: tryMap(function): the records must be copyable, "
                                      "and their type can only be moved");
        } else {
            static_assert(accepts<T>,
                "sluice: tryMap(function): its results must own what they refer to: use "
                "std::string, or borrows(f) where f's views point into its argument, or "
                "specialise sluice::Owning<T>");
        }
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        using Terminal = detail::TryMapTerminal<T, DStream<T, From<U, Chain>>::lifetime, F>;
        using Made = typename Terminal::Made;
        if constexpr (!detail::canKeep<Made, Terminal::madeLifetime>) {
            detail::refuseToKeep<Made, Terminal::madeLifetime>();
            return Refusal{};
        } else {
            engine::Runtime& runtime = stream.runtime();
            const auto split = detail::makeSplit<Terminal>(stream, name, function_);
            DStream<Made> made{runtime, detail::makePart(runtime, split, 0, 2)};
            DStream<Failed<T>> failed{runtime, detail::makePart(runtime, split, 1, 2)};
            return std::pair{std::move(made), std::move(failed)};
        }
    }

private:
    F function_;
};

/// Replaces each record by what `function` makes of it, and sends those that it throws for another
/// way: `auto [parsed, failed] = lines | tryMap(parse)`.
///
/// - **Types**: `DStream<T>` to `std::pair<DStream<U>, DStream<Failed<T>>>`: the results, and the
///   records without one, each with its error.
/// - **Takes**: `MapperOn<T>`, called as `U(const T&)`. Each task works on its own copy.
/// - **Shape**: a stage of its own, whose loop fuses the chain before it and runs once per batch;
///   both streams keep the partitions and the order of records.
/// - **Empty**: a batch without failures has an empty one, still with all partitions.
/// - **Errors**: what `function` throws is data; nothing fails and nothing is tried again. What the
///   chain before it throws fails the task as ever. Refused for records or results that cannot be
///   kept, as `cache()` does, and for records of a move-only type.
/// - **Cost**: what `cache()` costs for the results, also behind a source. Nothing more where
///   nothing is thrown; a failure costs a throw and the strings in it.
/// - **Source**: none in Spark. What Kafka Connect calls a dead letter queue.
template <std::copy_constructible F>
[[nodiscard]] auto tryMap(F function) -> TryMap<F>
{
    return TryMap<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
