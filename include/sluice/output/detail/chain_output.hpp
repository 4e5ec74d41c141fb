#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>

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
    ChainOutput(engine::StageInfo info, std::shared_ptr<engine::Stage> parent, Op chain)
        : Output{std::move(info), {std::move(parent)}}, chain_{std::move(chain)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = {input(), batch};
        results_.clear();
        results_.resize(input().size());
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            results_[i] = runPartition(recordsOf<U>(input()[i]));
        }
    }

    void release() noexcept override { results_.clear(); }

protected:
    virtual Result runPartition(std::span<const U> records) = 0;

    Op chain_;
    std::vector<Result> results_;

private:
    engine::TaskGroups groups_;
};

} // namespace sluice::detail::inline SLUICE_ABI
