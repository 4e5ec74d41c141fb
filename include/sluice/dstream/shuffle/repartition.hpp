#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/partition/partitioning.hpp> // checkPartitions
#include <sluice/storage/pool.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Cuts the records of all partitions of its input, in their order, into equal shares.
template <class T>
class RepartitionStage final : public engine::Stage {
    /// The records of a partition that lay in several, and the memory under them.
    struct Joined {
        std::vector<T> records;
        std::vector<std::shared_ptr<const void>> owners;

        void clear() noexcept
        {
            clearForReuse(records);
            owners.clear();
        }
    };

public:
    RepartitionStage(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, std::size_t partitions)
        : Stage{engine::withPartitions(std::move(info), partitions), std::move(input)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        total_ = 0;
        for (const AnyPartition& partition : input()) {
            total_ += partition.size;
        }
        const std::size_t partitions = info().partitions;
        groups_ = {std::vector<std::size_t>(partitions, total_ / partitions + 1), batch};
        output_.assign(partitions, {});
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            output_[i] = share(firstOf(i), firstOf(i + 1));
        }
    }

private:
    /// The number of the record that a partition begins with. Shares differ by one record at most.
    std::size_t firstOf(std::size_t partition) const
    {
        const std::size_t share = total_ / info().partitions;
        return partition * share + std::min(partition, total_ % info().partitions);
    }

    /// The records from number `first` to before `last`: as they lie where one partition has them
    /// all, else copies.
    AnyPartition share(std::size_t first, std::size_t last)
    {
        std::shared_ptr<Joined> joined;
        std::size_t start = 0; // the number of the first record of each input partition
        for (const AnyPartition& partition : input()) {
            const std::size_t from = std::max(first, start);
            const std::size_t until = std::min(last, start + partition.size);
            if (from < until) {
                const auto part = recordsOf<T>(partition).subspan(from - start, until - from);
                if (part.size() == last - first) {
                    return {partition.owner, part.data(), part.size(), part.size()};
                }
                if (!joined) {
                    joined = pool_.take();
                    joined->records.reserve(last - first);
                }
                append(joined->records, part);
                if constexpr (!Owning<T>) { joined->owners.push_back(partition.owner); }
            }
            start += partition.size;
        }
        if (!joined) { return {}; }
        const auto& records = joined->records;
        return {std::move(joined), records.data(), records.size(), records.size()};
    }

    std::size_t total_ = 0;
    engine::TaskGroups groups_;
    Pool<Joined> pool_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `repartition(n)`.
class Repartition {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"repartition"};

    explicit Repartition(std::size_t partitions) : partitions_{partitions}
    {
        detail::checkPartitions(partitions, "repartition(n)");
    }

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = std::copy_constructible<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>, "sluice: repartition(n): the records must be copyable, and their "
                                  "type can only be moved");
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        auto input = detail::closeChain(stream);
        engine::Runtime& runtime = stream.runtime();
        return {runtime, engine::makeStage<detail::RepartitionStage<T>>(
                             runtime.newStage(name), std::move(input), partitions_)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return input.collect();
    }

private:
    std::size_t partitions_;
};

/// The same records in exactly `n` partitions of equal length, for stages behind it to work on.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: the number of partitions.
/// - **Moves**: the records of partitions that are put together from several, copied once; the
///   others stay where they lie.
/// - **Shape**: closes the chain before it; then a stage of its own. Partitions differ by one
///   record at most; do not rely on the order of records.
/// - **Empty**: an empty batch gives `n` empty partitions.
/// - **Errors**: other than 1 to 1,048,576 partitions throw InvalidArgument here. Refused for
///   records that cannot be kept, as `cache()` does, and for those of a move-only type.
/// - **Cost**: what `cache()` costs, and at most one copy per record; bytes under views stay where
///   they are.
/// - **Source**: Spark's `DStream.repartition`.
[[nodiscard]] inline Repartition repartition(std::size_t n)
{
    return Repartition{n};
}

} // namespace sluice::inline SLUICE_ABI
