#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/fold_stage.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {
template <class F>
class Reduce;
}

namespace sluice::detail::inline SLUICE_ABI {

/// The terminal of `reduce`.
template <class T, class F>
class ReduceFold {
public:
    using Result = T;

    constexpr explicit ReduceFold(F function) : function_{std::move(function)} {}

    template <class R>
    constexpr void operator()(R&& record)
    {
        if (value_) {
            *value_ = static_cast<T>(
                call<Reduce<F>>(function_, std::move(*value_), std::as_const(record)));
        } else {
            value_.emplace(std::forward<R>(record));
        }
    }

    constexpr ReduceFold finish() { return std::move(*this); }

    constexpr void merge(const ReduceFold& later)
    {
        if (later.value_) { (*this)(*later.value_); }
    }

    [[nodiscard]] constexpr std::vector<T> records() &&
    {
        std::vector<T> result;
        if (value_) { result.push_back(std::move(*value_)); }
        return result;
    }

private:
    [[no_unique_address]] F function_;
    std::optional<T> value_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `reduce(function)`.
template <class F>
class Reduce {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"reduce"};

    explicit Reduce(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool reduces = ReducerOf<F, T>;
    template <class T>
    static constexpr bool accepts = reduces<T> && Owning<T> && std::copyable<T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!reduces<T>) {
            static_assert(reduces<T>,
                "sluice: reduce(function): the function must be callable as T(T, const T&)");
        } else {
            static_assert(accepts<T>,
                "sluice: reduce(function): the records must be copyable and own their memory; use "
                "std::string for views, or specialise sluice::Owning<T>");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        return detail::foldStream<Reduce>(stream, detail::ReduceFold<T, F>{function_});
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return input.into(detail::ReduceFold<typename Finite::Record, F>{function_}).records();
    }

private:
    F function_;
};

/// One record: all records of the batch reduced to one.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: `function`, called as `T(T, const T&)`, associative; partial results are joined in
///   the order of the partitions.
/// - **Moves**: one record a task.
/// - **Shape**: two stages; the result has one partition.
/// - **Empty**: an empty batch gives no record.
/// - **Errors**: what `function` throws fails the task.
/// - **Cost**: one call per record, no allocation.
/// - **Source**: Spark's `DStream.reduce`.
template <std::copy_constructible F>
[[nodiscard]] auto reduce(F function) -> Reduce<F>
{
    return Reduce<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
