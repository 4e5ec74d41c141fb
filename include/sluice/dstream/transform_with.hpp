#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/transform_stage.hpp>
#include <sluice/dstream/dstream.hpp>

#include <concepts>
#include <memory>
#include <ranges>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `transformWith(other, function)`.
template <class V, class F>
class TransformWith {
    template <class T>
    static constexpr bool maps = BatchMapperOn<F, T, V>;
    template <class T>
    static constexpr detail::Lifetime lifetime =
        detail::lifetimeOfTransformed<F, detail::Transformed<F, T, V>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"transformWith"};

    TransformWith(DStream<V> other, F function)
        : other_{std::move(other)}, function_{std::move(function)}
    {
    }

    template <class T>
    using Output = std::ranges::range_value_t<detail::Transformed<F, T, V>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (maps<T>) {
            return detail::canKeep<Output<T>, lifetime<T>>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!maps<T>) {
            static_assert(maps<T>,
                "sluice: transformWith(other, function): the function must be callable as "
                "Range(const Batch<T>&, const Batch<V>&), a Time behind them if it likes");
        } else {
            static_assert(accepts<T>,
                "sluice: transformWith(other, function): the records that it makes must own what "
                "they refer to (std::string for views, or specialise sluice::Owning<T>), and be "
                "copyable unless it returns them in a container");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        engine::Runtime& runtime = stream.runtime();
        if (&other_.runtime() != &runtime) {
            throw InvalidArgument{
                "sluice: transformWith(other, function): a stream of another context was given; "
                "both must belong to one"};
        }
        engine::Stage::Inputs inputs{detail::closeChain(stream), other_.parent()};
        return {runtime, engine::makeStage<detail::TransformStage<F, T, V>>(
                             runtime.newStage(name), std::move(inputs), function_)};
    }

private:
    DStream<V> other_;
    F function_;
};

/// Replaces the records of each batch by what `function` makes of the whole batch and of the batch
/// of another stream for the same interval.
///
/// - **Types**: `DStream<T>` and a `DStream<V>` to `DStream<U>`, `U` the value type of what it
///   returns.
/// - **Takes**: the other stream, and `BatchMapperOn<T, V>`, called as
///   `Range(const Batch<T>&, const Batch<V>&)`, or with the `Time` as a third argument. What it
///   returns is treated as `transform` does.
/// - **Time**: called once per batch, on `compute`, in the order of batches, and never retried.
/// - **Shape**: closes the chains of both; then a stage of its own, of one thread.
/// - **Empty**: called for empty batches too.
/// - **Errors**: as with `transform`; InvalidArgument where the other stream belongs to another
///   context.
/// - **Cost**: that of `transform`.
/// - **Source**: Spark's `DStream.transformWith`.
template <class V, class From, std::copy_constructible F>
[[nodiscard]] auto transformWith(const DStream<V, From>& other, F function) -> TransformWith<V, F>
{
    return {DStream<V>{other}, std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
