#pragma once

#include <sluice/engine/task_groups.hpp>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
inline std::vector<std::size_t> weightsOf(const std::vector<AnyPartition>& partitions)
{
    std::vector<std::size_t> weights;
    weights.reserve(partitions.size());
    for (const AnyPartition& partition : partitions) {
        weights.push_back(partition.weight);
    }
    return weights;
}
} // namespace detail

SLUICE_DECL TaskGroups::TaskGroups(const std::vector<AnyPartition>& partitions,
    const BatchContext& batch, std::size_t tasksPerThread)
    : TaskGroups{detail::weightsOf(partitions), batch, tasksPerThread}
{
}

SLUICE_DECL TaskGroups::TaskGroups(
    std::span<const std::size_t> weights, const BatchContext& batch, std::size_t tasksPerThread)
{
    const std::size_t atMost = batch.parallelism == 1 ? 1 : tasksPerThread * batch.parallelism;
    for (std::size_t weight : weights) {
        weight_ += weight;
    }
    const std::size_t share = weight_ / atMost + 1;
    std::size_t group = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (group >= share) {
            ends_.push_back(i);
            group = 0;
        }
        group += weights[i];
    }
    if (!weights.empty()) { ends_.push_back(weights.size()); }
}

} // namespace sluice::inline SLUICE_ABI::engine
