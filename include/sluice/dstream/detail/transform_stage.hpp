#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/kept_values.hpp>
#include <sluice/dstream/detail/narrow_stage.hpp> // KeptPartition
#include <sluice/engine/stage.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/pool.hpp>
#include <sluice/storage/time.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// Calls `function` with batches, and with their time where it does not do without.
template <class F, class... T>
    requires std::invocable<F&, const Batch<T>&...> || std::invocable<F&, const Batch<T>&..., Time>
decltype(auto) transformBatches(F& function, Time time, const Batch<T>&... batches)
{
    if constexpr (std::invocable<F&, const Batch<T>&...>) {
        return function(batches...);
    } else {
        return function(batches..., time);
    }
}

/// What `F` makes of batches of `T...`.
template <class F, class... T>
using Transformed =
    decltype(transformBatches(std::declval<F&>(), Time{}, std::declval<const Batch<T>&>()...));

template <class Range>
inline constexpr bool isBatch = false;
template <class T>
inline constexpr bool isBatch<Batch<T>> = true;

/// What may be assumed of the records of a batch that `F` made as a `Range`: a batch owns its own.
template <class F, class Range>
inline constexpr Lifetime lifetimeOfTransformed = [] {
    if constexpr (isBatch<std::remove_cvref_t<Range>>) {
        return Lifetime::views;
    } else {
        return lifetimeOfValues<F, Range>;
    }
}();

} // namespace sluice::detail

namespace sluice {

/// `F` makes a batch, or any range, of the batches of one interval: `Range(const Batch<T>&...)` or
/// `Range(const Batch<T>&..., Time)`.
template <class F, class... T>
concept BatchMapperOn = requires { typename detail::Transformed<F, T...>; } &&
                        std::ranges::input_range<detail::Transformed<F, T...>>;

} // namespace sluice

namespace sluice::detail::inline SLUICE_ABI {

/// Calls a function once per batch, with the batches of its inputs, and keeps what it makes.
template <class F, class... T>
class TransformStage final : public engine::Stage {
    using Values = Transformed<F, T...>;
    using U = std::ranges::range_value_t<Values>;
    static constexpr bool copies = copiesBytes<U, lifetimeOfTransformed<F, Values>>;
    using Block = KeptPartition<U, copies>;

public:
    TransformStage(engine::StageInfo&& info, Inputs&& inputs, const F& function)
        : Stage{std::move(info), std::move(inputs)}, function_{function}
    {
    }

    // No task: what throws in `close` is not tried again.
    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext& batch) override
    {
        transform(batch, std::index_sequence_for<T...>{});
    }

private:
    template <std::size_t... i>
    void transform(const engine::BatchContext& batch, std::index_sequence<i...>)
    {
        const std::tuple<Batch<T>...> batches{
            Batch<T>{inputs()[i]->partitions(), batch.metadata}...};
        decltype(auto) values = transformBatches(function_, batch.time(), std::get<i>(batches)...);
        if constexpr (isBatch<std::remove_cvref_t<Values>>) {
            for (const Partition<U>& partition : values.partitions()) {
                output_.push_back(partition.any());
            }
        } else {
            auto block = blocks_.take();
            keepValues<Values>(values, block->kept);
            if constexpr (!copies && !Owning<U>) {
                block->borrowedFrom = std::make_shared<const std::tuple<Batch<T>...>>(batches);
            }
            const auto& records = block->kept.records;
            output_.push_back({std::move(block), records.data(), records.size(), records.size()});
        }
    }

    F function_;
    Pool<Block> blocks_;
};

} // namespace sluice::detail::inline SLUICE_ABI
