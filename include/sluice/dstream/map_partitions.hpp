#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/kept_values.hpp>
#include <sluice/dstream/detail/narrow_stage.hpp> // KeptPartition
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

/// `F` makes a range of values of all records of a partition: `Range(std::span<const T>)`.
template <class F, class T>
concept PartitionMapperOn = std::invocable<F&, std::span<const T>> &&
                            std::ranges::input_range<std::invoke_result_t<F&, std::span<const T>>>;

} // namespace sluice

namespace sluice::detail {

template <class F, class T>
using MappedPartition = std::invoke_result_t<F&, std::span<const T>>;

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// Calls a function with each partition of its input and keeps what it makes.
template <class F, class T>
class MapPartitionsStage final : public engine::Stage {
    using Values = MappedPartition<F, T>;
    using U = std::ranges::range_value_t<Values>;
    static constexpr bool copies = copiesBytes<U, lifetimeOfValues<F, Values>>;
    using Block = KeptPartition<U, copies>;

public:
    MapPartitionsStage(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, const F& function)
        : Stage{std::move(info), std::move(input)}, function_{function}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = {input(), batch};
        output_.resize(input().size());
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            auto block = blocks_.take();
            F function = function_;
            decltype(auto) values = function(recordsOf<T>(input()[i]));
            keepValues<Values>(values, block->kept);
            if constexpr (!copies && !Owning<U>) { block->borrowedFrom = input()[i].owner; }
            const auto& records = block->kept.records;
            output_[i] = {std::move(block), records.data(), records.size(), records.size()};
        }
    }

private:
    F function_;
    engine::TaskGroups groups_;
    Pool<Block> blocks_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `mapPartitions(function)`.
template <class F>
class MapPartitions {
    template <class T>
    static constexpr bool maps = PartitionMapperOn<F, T>;
    template <class T>
    static constexpr detail::Lifetime lifetime =
        detail::lifetimeOfValues<F, detail::MappedPartition<F, T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"mapPartitions"};

    explicit MapPartitions(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::ranges::range_value_t<detail::MappedPartition<F, T>>;

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
            static_assert(maps<T>, "sluice: mapPartitions(function): the function must be callable "
                                   "as Range(std::span<const T>)");
        } else {
            static_assert(accepts<T>,
                "sluice: mapPartitions(function): the records that it makes must own what they "
                "refer to (std::string for views, or specialise sluice::Owning<T>), and be "
                "copyable unless it returns them in a container");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        auto input = detail::closeChain(stream);
        engine::Runtime& runtime = stream.runtime();
        return {runtime, engine::makeStage<detail::MapPartitionsStage<F, T>>(
                             runtime.newStage(name), std::move(input), function_)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        using T = typename Finite::Record;
        using U = Output<T>;
        const auto records = input.collect();
        F function = function_;
        decltype(auto) values = function(std::span<const T>{records.begin(), records.end()});
        // What borrows, borrows from `records`.
        detail::Kept<U, detail::copiesBytes<U, detail::Lifetime::ephemeral>> kept;
        detail::keepValues<decltype(values)>(values, kept);
        return detail::asRange(std::move(kept));
    }

private:
    F function_;
};

/// Replaces the records of each partition by what `function` makes of all of them.
///
/// - **Types**: `DStream<T>` to `DStream<U>`, `U` the value type of the range it returns.
/// - **Takes**: `PartitionMapperOn<T>`, called as `Range(std::span<const T>)`: any C++20 or
///   range-v3 range, a container or a view, pulled element by element. Each partition is worked on
///   by a copy of its own.
/// - **Shape**: closes the chain before it; then a stage of its own. Keeps partitions.
/// - **Empty**: called for an empty partition too; a batch without partitions calls nothing.
/// - **Errors**: what `function`, or its lazy range, throws fails the task. Refused for results
///   with views that can be neither owned nor pointed elsewhere.
/// - **Cost**: what `cache()` costs, twice: for its input (nothing behind a source or a wide
///   operator) and for its result. Bytes under views in the result are copied unless the function
///   is known to borrow (`borrows(f)`).
/// - **Source**: Spark's `DStream.mapPartitions`.
template <std::copy_constructible F>
[[nodiscard]] auto mapPartitions(F function) -> MapPartitions<F>
{
    return MapPartitions<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
