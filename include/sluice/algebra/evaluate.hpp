#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/detail/elements.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp>

#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

/// Records whose views point into memory that this object owns. Movable; a random-access range.
template <class T>
class Evaluated {
public:
    using value_type = T;

    explicit Evaluated(detail::Kept<T, true> kept) : kept_{std::move(kept)} {}

    [[nodiscard]] auto begin() const noexcept { return kept_.records.begin(); }
    [[nodiscard]] auto end() const noexcept { return kept_.records.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return kept_.records.size(); }
    [[nodiscard]] bool empty() const noexcept { return kept_.records.empty(); }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return kept_.records[i]; }
    [[nodiscard]] const T& front() const noexcept { return kept_.records.front(); }
    [[nodiscard]] const T& back() const noexcept { return kept_.records.back(); }

    friend bool operator==(const Evaluated& a, const std::vector<T>& b)
    {
        return a.kept_.records == b;
    }

private:
    detail::Kept<T, true> kept_;
};

namespace detail {
/// Pushes every record through the chain into the terminal and answers with the terminal's result.
///
/// The chain lives in this frame while it runs, so that the terminal's state can stay in registers.
template <class Chain, class Terminal, class Range>
constexpr auto runFused(const Chain& chain, Terminal terminal, Range&& records)
{
    auto step = chain(std::move(terminal));
    if constexpr (plainElements<Range>) {
        // Not by pushElements: Clang 16 optimises a function before it inlines it, with the chain's
        // state in memory then, and does not make up for it later (up to 12 times as long).
        for (auto&& record : records) {
            try {
                step(std::forward<decltype(record)>(record));
            } catch (const StepFailure& failure) {
                skipOrRethrow(failure);
            }
        }
    } else {
        PassOn<decltype(step)> each{step};
        pushElements<Range>(records, each);
    }
    return step.finish();
}

/// What is left of a finite range behind an operator that refused it: swallows the rest.
struct RefusedFinite {
    static constexpr bool collects = true;

    template <Operator Op>
    constexpr RefusedFinite then(const Op&) const
    {
        return {};
    }
    constexpr Refused collect() const { return {}; }
};

/// A finite range under a narrow chain: what a stage's partition is to a stream.
template <class Source, class Chain>
class Finite {
    using Value = std::ranges::range_value_t<Source>;

public:
    using Record = typename Chain::template Output<Value>;

    static constexpr Lifetime lifetime = Chain::template lifetime<Value>(
        elementsStay<Source> ? Lifetime::record : Lifetime::ephemeral);

    constexpr Finite(Source&& source, Chain chain)
        : source_{std::forward<Source>(source)}, chain_{std::move(chain)}
    {
    }

    /// Runs the chain over the range into `terminal`. A user's exception comes out as it was
    /// thrown.
    template <class Terminal>
    constexpr auto into(Terminal terminal)
    {
        try {
            return runFused(chain_, std::move(terminal), std::forward<Source>(source_));
        } catch (const StepFailure& failure) {
            failure.rethrow_nested();
        }
    }

    template <Operator Op>
    constexpr auto then(const Op& op) &&
    {
        if constexpr (NarrowOperator<Op>) {
            auto chain = compose(std::move(chain_), op);
            return Finite<Source, decltype(chain)>{std::forward<Source>(source_), std::move(chain)};
        } else if constexpr (isPipeline<Op>) {
            return std::move(*this).then(op.first()).then(op.second());
        } else if constexpr (!requires { op.evaluateOn(*this); }) {
            static_assert(
                requires { op.evaluateOn(*this); },
                "sluice: evaluate(pipeline, range): an operator of the pipeline needs a stream");
            return RefusedFinite{};
        } else {
            auto result = op.evaluateOn(*this);
            return Finite<decltype(result), Identity>{std::move(result), Identity{}};
        }
    }

    /// Whether `collect` can; asked by who can say in few lines that it cannot.
    static constexpr bool collects = canKeep<Record, lifetime>;

    /// All records, in memory of their own where that is needed.
    constexpr auto collect()
    {
        if constexpr (!collects) {
            refuseToKeep<Record, lifetime>();
            return Refused{};
        } else if constexpr (copiesBytes<Record, lifetime>) {
            return Evaluated<Record>{into(Collector<Record, true>{{}})};
        } else {
            return into(Collector<Record, false>{{}}).records;
        }
    }

private:
    Source source_;
    [[no_unique_address]] Chain chain_;
};
} // namespace detail

/// What `pipeline` makes of a finite range: the range is one batch with one partition.
///
/// - **Types**: a range of `T` to `std::vector<U>`; to `Evaluated<U>`, which owns the bytes, where
///   records hold views of temporaries.
/// - **Takes**: an operator or pipeline, and a range: an lvalue is read, an rvalue is moved from.
///   Outputs, windows and state are refused, for a finite range has no time.
/// - **Empty**: an empty range is an empty batch (so `count()` gives one record, 0).
/// - **Errors**: what a function throws leaves `evaluate` as it was thrown.
/// - **Cost**: the fused loop, once. Narrow pipelines work in constant expressions.
template <Operator Op, std::ranges::input_range Range>
[[nodiscard]] constexpr auto evaluate(const Op& pipeline, Range&& range)
{
    if constexpr (!Accepts<Op, std::ranges::range_value_t<Range>>) {
        using Wrong = detail::Refusing<Op, std::ranges::range_value_t<Range>>;
        Wrong::Op::template refuse<typename Wrong::Record>();
        return detail::Refused{};
    } else {
        auto finite =
            detail::Finite<Range, Identity>{std::forward<Range>(range), Identity{}}.then(pipeline);
        using Finite = decltype(finite);
        if constexpr (!Finite::collects) {
            detail::refuseToKeep<typename Finite::Record, Finite::lifetime>();
            return detail::Refused{};
        } else {
            return finite.collect();
        }
    }
}

template <Operator Op, class T>
[[nodiscard]] constexpr auto evaluate(const Op& pipeline, std::initializer_list<T> records)
{
    return evaluate(pipeline, std::vector<T>(records));
}

} // namespace sluice
