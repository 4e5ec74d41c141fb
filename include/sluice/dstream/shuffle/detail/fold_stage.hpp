#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/task_groups.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Before the gathering: a narrow chain into one partial result a task. `Fold` is the terminal of
/// the chain and its own result, so that a task's partitions are folded one after the other.
template <class U, class Op, class Fold>
class FoldStage final : public engine::Stage {
    using Partial =
        std::optional<Fold>; // folds hold users' functions, which need not be assignable

public:
    FoldStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain, Fold fold)
        : Stage{std::move(info), std::move(parent)},
          chain_{std::move(chain)},
          fold_{std::move(fold)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = {input(), batch};
        partials_.clear();
        partials_.resize(groups_.size());
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        Partial partial{fold_};
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            partial.emplace(runFused(chain_, std::move(*partial), recordsOf<U>(input()[i])));
        }
        partials_[task].emplace(std::move(*partial));
    }

    void release() noexcept override { partials_.clear(); }

    [[nodiscard]] const std::vector<Partial>& partials() const noexcept { return partials_; }
    [[nodiscard]] const Fold& initial() const noexcept { return fold_; }

private:
    Op chain_;
    Fold fold_;
    engine::TaskGroups groups_;
    std::vector<Partial> partials_;
};

/// Behind the gathering: merges the partial results in the order of the partitions, in one task.
template <class Upstream, class Fold>
class GatherStage final : public engine::Stage {
public:
    /// `upstream` is an `Upstream`.
    GatherStage(engine::StageInfo&& info, const std::shared_ptr<engine::Stage>& upstream)
        : Stage{engine::withPartitions(std::move(info), 1), upstream},
          upstream_{static_cast<Upstream&>(*upstream)}
    {
    }

    Work open(const engine::BatchContext&) override { return {1, upstream_.partials().size()}; }

    void runTask(std::size_t, engine::TaskContext&) override
    {
        Fold all = upstream_.initial();
        for (const auto& partial : upstream_.partials()) {
            all.merge(*partial);
        }
        output_.assign(1, makePartition(std::move(all).records()).any());
    }

private:
    Upstream& upstream_;
};

/// One record, or none, of all records of a batch.
template <class Op, class T, class U, class Chain, class Fold>
auto foldStream(const DStream<T, From<U, Chain>>& stream, Fold fold)
{
    using Before = FoldStage<U, Chain, Fold>;
    engine::Runtime& runtime = stream.runtime();
    auto before = engine::makeStage<Before>(
        runtime.newStage(Op::name, describeChain(stream.chain(), Op::name)), stream.parent(),
        stream.chain(), std::move(fold));
    return DStream<typename Fold::Result>{
        runtime, engine::makeStage<GatherStage<Before, Fold>>(
                     runtime.newStage(Op::name, "gather"), std::move(before))};
}

} // namespace sluice::detail::inline SLUICE_ABI
