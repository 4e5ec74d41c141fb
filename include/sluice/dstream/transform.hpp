#pragma once

#include <sluice/dstream/detail/transform_stage.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/partition.hpp>

#include <concepts>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `transform(function)`.
template <class F>
class Transform {
    template <class T>
    static constexpr bool maps = BatchMapperOn<F, T>;
    template <class T>
    static constexpr detail::Lifetime lifetime =
        detail::lifetimeOfTransformed<F, detail::Transformed<F, T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"transform"};

    explicit Transform(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::ranges::range_value_t<detail::Transformed<F, T>>;

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
            static_assert(maps<T>, "sluice: transform(function): the function must be callable as "
                                   "Range(const Batch<T>&) or Range(const Batch<T>&, Time)");
        } else {
            static_assert(accepts<T>,
                "sluice: transform(function): the records that it makes must own what they refer "
                "to (std::string for views, or specialise sluice::Owning<T>), and be copyable "
                "unless it returns them in a container");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        engine::Stage::Inputs inputs{detail::closeChain(stream)};
        engine::Runtime& runtime = stream.runtime();
        return {runtime, engine::makeStage<detail::TransformStage<F, T>>(
                             runtime.newStage(name), std::move(inputs), function_)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        using T = typename Finite::Record;
        using U = Output<T>;
        using Records = decltype(input.collect());
        auto records = std::make_shared<const Records>(input.collect());
        const std::span<const T> all{records->begin(), records->end()};
        std::vector<Partition<T>> partitions{Partition<T>{std::move(records), all}};
        const Batch<T> batch{std::move(partitions), std::make_shared<const BatchMetadata>()};
        F function = function_;
        decltype(auto) values = detail::transformBatches(function, batch.time(), batch);
        // What borrows, borrows from `batch`.
        detail::Kept<U, detail::copiesBytes<U, detail::Lifetime::ephemeral>> kept;
        detail::keepValues<decltype(values)>(values, kept);
        return detail::asRange(std::move(kept));
    }

private:
    F function_;
};

/// Replaces the records of each batch by what `function` makes of the whole batch.
///
/// - **Types**: `DStream<T>` to `DStream<U>`, `U` the value type of what it returns.
/// - **Takes**: `BatchMapperOn<T>`, called as `Range(const Batch<T>&)` or
///   `Range(const Batch<T>&, Time)`. A `Batch<U>` that it returns is taken over with its
///   partitions; any other range, a container or a view of the batch, is kept as one partition.
/// - **Time**: called once per batch, on `compute`, in the order of batches, and never retried; so
///   its own state lasts, and it may read data that changes. A finite range, in `evaluate`, is a
///   batch of the time 0.
/// - **Shape**: closes the chain before it; then a stage of its own, of one thread.
/// - **Empty**: called for an empty batch too.
/// - **Errors**: what `function`, or its lazy range, throws fails the batch. Refused for results
///   with views that can be neither owned nor pointed elsewhere.
/// - **Cost**: what `cache()` costs for its input; none for a `Batch<U>`, for a range one move or
///   copy per record, and a copy of the bytes under views unless the function is known to borrow
///   (`borrows(f)`).
/// - **Source**: Spark's `DStream.transform`.
template <std::copy_constructible F>
[[nodiscard]] auto transform(F function) -> Transform<F>
{
    return Transform<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
