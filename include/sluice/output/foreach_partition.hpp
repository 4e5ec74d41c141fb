#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/partition.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace sluice {

/// Which partition of which batch it is: with the time of the batch, a key that is the same for
/// each attempt.
struct PartitionInfo {
    const BatchMetadata& batch;
    std::size_t index;      ///< from 0 on
    std::size_t partitions; ///< that the batch has
};

/// `F` takes a partition: `void(const Partition<T>&)`, or `void(const Partition<T>&, const
/// PartitionInfo&)`.
template <class F, class T>
concept PartitionConsumer = std::invocable<F&, const Partition<T>&> ||
                            std::invocable<F&, const Partition<T>&, const PartitionInfo&>;

} // namespace sluice

namespace sluice::detail::inline SLUICE_ABI {

/// Hands each partition of its input, as it is, to a copy of a function.
template <class T, class F>
class PartitionOutput final : public engine::Output {
public:
    PartitionOutput(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, const F& function)
        : Output{std::move(info), std::move(input)}, function_{function}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        metadata_ = batch.metadata;
        groups_ = {this->input(), batch};
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            F function = function_;
            const Partition<T> partition{this->input()[i]};
            if constexpr (std::invocable<F&, const Partition<T>&>) {
                function(partition);
            } else {
                function(partition, PartitionInfo{*metadata_, i, this->input().size()});
            }
        }
    }

    void commit(const engine::BatchContext&) override {}

    void release() noexcept override
    {
        Output::release();
        metadata_.reset();
    }

private:
    F function_;
    engine::TaskGroups groups_;
    std::shared_ptr<const BatchMetadata> metadata_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The output operation behind `foreachPartition(function)`.
template <class F>
class ForeachPartition {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"foreachPartition"};

    explicit ForeachPartition(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = PartitionConsumer<F, T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: foreachPartition(function): the function must be callable as void(const "
            "Partition<T>&) or void(const Partition<T>&, const PartitionInfo&)");
    }

    template <class T, class From>
    void applyTo(const DStream<T, From>& stream) const
    {
        auto input = detail::closeChain(stream);
        engine::Runtime& runtime = stream.runtime();
        runtime.add(engine::makeStage<detail::PartitionOutput<T, F>, engine::Output>(
            runtime.newStage(name), std::move(input), function_));
    }

private:
    F function_;
};

/// Calls `function` with each partition of each batch, in parallel: the place for a connection per
/// partition.
///
/// - **Types**: `DStream<T>` to an output operation.
/// - **Takes**: `PartitionConsumer<T>`: `void(const Partition<T>&)`, or `std::span<const T>` in its
///   place; with a second parameter `const PartitionInfo&` it learns batch and index. Each
///   partition is given to a copy of its own; copies of a partition may be kept.
/// - **Shape**: closes the chain: what `cache()` says of that holds here.
/// - **Time**: called on `compute` in the tasks of the batch, so before any output commits, and for
///   a batch too that fails elsewhere.
/// - **Empty**: called for an empty partition too; a batch without partitions calls nothing.
/// - **Errors**: what `function` throws fails the task, which is tried again: the same partition
///   may come more than once (at least once). Write so that it does no harm, or under the key of
///   batch time and index.
/// - **Cost**: one call and one copy of the function per partition.
/// - **Source**: Spark's `foreachRDD` with `rdd.foreachPartition` in it.
template <std::copy_constructible F>
[[nodiscard]] auto foreachPartition(F function) -> ForeachPartition<F>
{
    return ForeachPartition<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
