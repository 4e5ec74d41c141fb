#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/task_groups.hpp>
#include <sluice/dstream/producer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// An output whose terminal is the last step of the fused loop: a `Result` a partition, committed together.
template <class U, class Op, class Result>
class ChainOutput : public engine::Output {
public:
    ChainOutput(engine::StageInfo info, std::shared_ptr<Producer<U>> parent, Op chain)
        : Output{std::move(info), {parent}}, chain_{std::move(chain)}, parent_{*parent}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = TaskGroups::of(parent_.partitions(), tasksFor(batch.parallelism));
        results_.clear();
        results_.resize(parent_.partitions().size());
        return {groups_.size(), groups_.weight()};
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            results_[i] = runPartition(parent_.partitions()[i].records());
        }
    }

    void release() noexcept override { results_.clear(); }

protected:
    virtual Result runPartition(std::span<const U> records) = 0;

    Op chain_;
    std::vector<Result> results_;

private:
    Producer<U>& parent_;
    TaskGroups groups_;
};

} // namespace sluice::detail::inline SLUICE_ABI
