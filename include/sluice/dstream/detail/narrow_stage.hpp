#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/task_groups.hpp>
#include <sluice/dstream/producer.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What a materialised partition owns: its records and the bytes under them, or the partition whose bytes
/// they borrow.
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

/// Runs a narrow chain and keeps its records: where a chain is closed.
template <class U, class Op>
class NarrowStage final : public Producer<typename Op::template Output<U>> {
    using T = typename Op::template Output<U>;
    static constexpr Lifetime lifetime = Op::template lifetime<U>(Lifetime::record);
    static constexpr bool copies = copiesBytes<T, lifetime>;
    using Block = KeptPartition<T, copies>;

public:
    NarrowStage(engine::StageInfo info, std::shared_ptr<Producer<U>> parent, Op chain)
        : Producer<T>{std::move(info), {parent}}, parent_{*parent}, chain_{std::move(chain)}
    {
    }

    engine::Stage::Work open(const engine::BatchContext& batch) override
    {
        groups_ = TaskGroups::of(parent_.partitions(), tasksFor(batch.parallelism));
        this->output_.resize(parent_.partitions().size());
        return {groups_.size(), groups_.weight()};
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            this->output_[i] = collect(parent_.partitions()[i]);
        }
    }

private:
    Partition<T> collect(const Partition<U>& input)
    {
        auto block = blocks_.take();
        if constexpr (Op::shrinks) { block->kept.records.reserve(input.size()); }
        block->kept = runFused(
            chain_, Collector<T, copies>{std::move(block->kept)}, input.records());
        if constexpr (!copies && !Owning<T>) { block->borrowedFrom = input.owner(); }
        std::span<const T> records{block->kept.records};
        return {std::move(block), records};
    }

    Producer<U>& parent_;
    Op chain_;
    TaskGroups groups_;
    Pool<Block> blocks_;
};

} // namespace sluice::detail::inline SLUICE_ABI
