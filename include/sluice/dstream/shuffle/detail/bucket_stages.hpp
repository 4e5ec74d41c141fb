#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/algebra/keyed.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/shuffle/detail/combine_stage.hpp> // ShuffleStage
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/partition/partitioner.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {
template <class P>
class PartitionBy;
}

namespace sluice::detail::inline SLUICE_ABI {

/// The records of one task, those of each partition by themselves, and the memory under them.
template <class T, bool copyBytes>
struct Buckets {
    std::vector<std::vector<T>> records;
    std::vector<std::shared_ptr<const void>> owners;
    [[no_unique_address]] std::conditional_t<copyBytes, Arena, NoArena> arena;

    void clear() noexcept
    {
        for (auto& bucket : records) {
            clearForReuse(bucket);
        }
        owners.clear();
        if constexpr (copyBytes) { arena.clear(); }
    }
};

/// The terminal that puts each record into the bucket of its partition.
template <class T, bool copyBytes, class P>
class BucketTerminal {
public:
    BucketTerminal(Buckets<T, copyBytes> buckets, P partitioner)
        : buckets_{std::move(buckets)}, partitioner_{std::move(partitioner)}
    {
    }

    template <class Record>
    void operator()(Record&& record)
    {
        auto& bucket = buckets_.records[partitionOf(record)];
        bucket.push_back(std::forward<Record>(record));
        if constexpr (copyBytes) { repoint(bucket.back(), buckets_.arena); }
    }

    Buckets<T, copyBytes> finish() { return std::move(buckets_); }

private:
    std::size_t partitionOf(const T& record) const
    {
        try {
            return checkedPartition(partitioner_, keyOf(record), buckets_.records.size());
        } catch (...) {
            failIn(PartitionBy<P>::name);
        }
    }

    Buckets<T, copyBytes> buckets_;
    [[no_unique_address]] P partitioner_;
};

template <class U, class Op>
using BucketsOf = Buckets<typename Op::template Output<U>,
    copiesBytes<typename Op::template Output<U>, Op::template lifetime<U>(Lifetime::record)>>;

/// Before the shuffle: a narrow chain into buckets, those of one task together.
template <class U, class Op, class P>
class BucketStage final : public ShuffleStage<BucketsOf<U, Op>> {
    using Made = BucketsOf<U, Op>;
    using Base = ShuffleStage<Made>;
    using Base::exchange_;
    using Base::input;
    using typename engine::Stage::Work;
    using T = typename Op::template Output<U>;
    static constexpr bool copies = copiesBytes<T, Op::template lifetime<U>(Lifetime::record)>;

public:
    BucketStage(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain, P partitioner)
        : Base{std::move(info), std::move(parent)},
          chain_{std::move(chain)},
          partitioner_{std::move(partitioner)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = {input(), batch, 2};
        exchange_.open(groups_.size());
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        auto buckets = pool_.take();
        buckets->records.resize(static_cast<std::size_t>(partitioner_.partitions()));
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            const AnyPartition& partition = input()[i];
            *buckets =
                runFused(chain_, BucketTerminal<T, copies, P>{std::move(*buckets), partitioner_},
                    recordsOf<U>(partition));
            if constexpr (!copies && !Owning<T>) { buckets->owners.push_back(partition.owner); }
        }
        exchange_.put(task, std::move(buckets));
    }

private:
    Op chain_;
    P partitioner_;
    engine::TaskGroups groups_;
    Pool<Made> pool_;
};

/// Behind the shuffle: the buckets of each partition, in the order of tasks, one after the other.
template <class T, bool copyBytes>
class MergedBucketsStage final : public engine::Stage {
    using From = Buckets<T, copyBytes>;

    struct Gathered {
        std::vector<T> records;
        std::vector<std::shared_ptr<const From>> from; // they have the bytes under the views

        void clear() noexcept
        {
            clearForReuse(records);
            from.clear();
        }
    };

public:
    /// `upstream` is a `ShuffleStage<Buckets<T, copyBytes>>`.
    MergedBucketsStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> upstream)
        : Stage{std::move(info), std::move(upstream)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        std::vector<std::size_t> sizes(info().partitions);
        for (const auto& buckets : tables()) {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                sizes[i] += buckets->records[i].size();
            }
        }
        groups_ = {sizes, batch};
        output_.assign(sizes.size(), {});
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            output_[i] = gather(i);
        }
    }

private:
    const auto& tables() const
    {
        return static_cast<const ShuffleStage<From>&>(*inputs().front()).exchange().tables();
    }

    /// As they lie where one task had them all, else copies.
    AnyPartition gather(std::size_t partition)
    {
        std::size_t size = 0;
        std::size_t parts = 0;
        AnyPartition only;
        for (const auto& buckets : tables()) {
            const auto& records = buckets->records[partition];
            if (records.empty()) { continue; }
            only = {buckets, records.data(), records.size(), records.size()};
            size += records.size();
            ++parts;
        }
        if (parts <= 1) { return only; }
        auto gathered = pool_.take();
        gathered->records.reserve(size);
        for (const auto& buckets : tables()) {
            const auto& records = buckets->records[partition];
            append<T>(gathered->records, records);
            if constexpr (!Owning<T>) { gathered->from.push_back(buckets); }
        }
        const auto& records = gathered->records;
        return {std::move(gathered), records.data(), size, size};
    }

    engine::TaskGroups groups_;
    Pool<Gathered> pool_;
};

} // namespace sluice::detail::inline SLUICE_ABI
