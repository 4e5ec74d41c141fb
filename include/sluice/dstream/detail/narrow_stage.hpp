#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What a materialised partition owns: its records and the bytes under them, or the partition whose
/// bytes they borrow.
template <class T, bool copyBytes>
struct KeptPartition {
    Kept<T, copyBytes> kept;
    std::shared_ptr<const void> borrowedFrom;

    void clear() noexcept
    {
        clearForReuse(kept.records);
        if constexpr (copyBytes) { kept.arena.clear(); }
        borrowedFrom.reset();
    }
};

/// What a narrow chain over a materialised partition of records of type `U` ends in.
template <class U, class Op>
using ChainPartition = KeptPartition<typename Op::template Output<U>,
    copiesBytes<typename Op::template Output<U>, Op::template lifetime<U>(Lifetime::record)>>;

/// Runs a narrow chain over a partition of records of type `U` and keeps what comes out in `block`.
template <class U, class Op, class T, bool copies>
void keepChain(const Op& chain, const AnyPartition& input, KeptPartition<T, copies>& block)
{
    if constexpr (Op::shrinks) { block.kept.records.reserve(input.size); }
    block.kept = runFused(chain, Collector<T, copies>{std::move(block.kept)}, recordsOf<U>(input));
    if constexpr (!copies && !Owning<T>) { block.borrowedFrom = input.owner; }
}

/// Runs a narrow chain and keeps its records: where a chain is closed.
template <class U, class Op>
class NarrowStage final : public engine::Stage {

public:
    NarrowStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain)
        : Stage{std::move(info), std::move(parent)}, chain_{std::move(chain)}
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
            keepChain<U>(chain_, input()[i], *block);
            const auto& records = block->kept.records;
            output_[i] = {std::move(block), records.data(), records.size(), records.size()};
        }
    }

private:
    Op chain_;
    engine::TaskGroups groups_;
    Pool<ChainPartition<U, Op>> blocks_;
};

} // namespace sluice::detail::inline SLUICE_ABI
