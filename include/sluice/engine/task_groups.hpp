#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/storage/partition.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// Contiguous groups of partitions, about equally heavy: a task each. Many small blocks must not
/// become as many tasks.
class TaskGroups {
public:
    TaskGroups() = default;
    /// `tasksPerThread` groups for each thread, so that uneven ones even out; one where there is
    /// one thread.
    TaskGroups(const std::vector<AnyPartition>& partitions, const BatchContext& batch,
        std::size_t tasksPerThread = 4);
    TaskGroups(std::span<const std::size_t> weights, const BatchContext& batch,
        std::size_t tasksPerThread = 4);

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] Stage::Work work() const noexcept { return {ends_.size(), weight_}; }
    /// The first partition of a group and the one behind its last.
    [[nodiscard]] std::pair<std::size_t, std::size_t> operator[](std::size_t group) const
    {
        return {group == 0 ? 0 : ends_[group - 1], ends_[group]};
    }

private:
    std::vector<std::size_t> ends_;
    std::size_t weight_ = 0;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/task_groups.ipp>
#endif
