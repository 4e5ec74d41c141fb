#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sluice::detail {

/// Contiguous groups of partitions, about equally heavy: a task each. Many small blocks must not become
/// as many tasks.
class TaskGroups {
public:
    /// Empty partitions weigh a little too, since opening one costs something.
    template <class Partitions>
    static TaskGroups of(const Partitions& partitions, std::size_t atMost)
    {
        TaskGroups groups;
        for (const auto& partition : partitions) { groups.weight_ += partition.weight(); }
        const std::size_t share = groups.weight_ / std::max<std::size_t>(atMost, 1) + 1;
        std::size_t weight = 0;
        for (std::size_t i = 0; i < partitions.size(); ++i) {
            if (weight >= share) {
                groups.ends_.push_back(i);
                weight = 0;
            }
            weight += partitions[i].weight();
        }
        if (!partitions.empty()) { groups.ends_.push_back(partitions.size()); }
        return groups;
    }

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] std::size_t weight() const noexcept { return weight_; }
    /// The first partition of a group and the one behind its last.
    [[nodiscard]] std::pair<std::size_t, std::size_t> operator[](std::size_t group) const
    {
        return {group == 0 ? 0 : ends_[group - 1], ends_[group]};
    }

private:
    std::vector<std::size_t> ends_;
    std::size_t weight_ = 0;
};

/// How many tasks a stage is cut into: a few per thread, so that uneven ones even out.
[[nodiscard]] inline std::size_t tasksFor(std::size_t parallelism)
{
    return parallelism == 1 ? 1 : 4 * parallelism;
}

} // namespace sluice::detail
