#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/evaluate.hpp> // Evaluated
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/detail/narrow_stage.hpp> // keepChain
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Runs a narrow chain and keeps the records of each partition as one record.
template <class U, class Op>
class GlomStage final : public engine::Stage {
public:
    GlomStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain)
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
            // The one record of this partition is the vector itself.
            const auto& record = block->kept.records;
            output_[i] = {std::move(block), &record, 1, record.size() + 1};
        }
    }

private:
    Op chain_;
    engine::TaskGroups groups_;
    Pool<ChainPartition<U, Op>> blocks_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `glom()`.
class Glom {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"glom"};

    template <class T>
    using Output = std::vector<T>;

    template <class T>
    static constexpr bool accepts = std::copy_constructible<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: glom(): the records must be copyable, and their type can only be moved");
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<std::vector<T>>
    {
        engine::Runtime& runtime = stream.runtime();
        return {runtime, engine::makeStage<detail::GlomStage<U, Chain>>(
                             runtime.newStage(name, detail::describeChain(stream.chain(), name)),
                             stream.parent(), stream.chain())};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        using T = typename Finite::Record;
        constexpr bool copies = detail::copiesBytes<T, Finite::lifetime>;
        auto kept = input.into(detail::Collector<T, copies>{{}});
        detail::Kept<std::vector<T>, copies> one;
        one.records.push_back(std::move(kept.records));
        if constexpr (copies) {
            one.arena = std::move(kept.arena);
            return Evaluated<std::vector<T>>{std::move(one)};
        } else {
            return std::move(one.records);
        }
    }
};

/// One record for each partition: a vector of the records of the partition, in their order.
///
/// - **Types**: `DStream<T>` to `DStream<std::vector<T>>`.
/// - **Shape**: a stage of its own, whose loop fuses the chain before it; keeps partitions.
/// - **Empty**: an empty partition gives an empty vector; a batch without partitions gives none.
/// - **Errors**: refused for records that cannot be kept, as `cache()` does, and for those of a
///   move-only type. `evaluate` refuses views, for nobody would own what the vector refers to.
/// - **Cost**: what `cache()` costs, also behind a source: one move or copy per record. Views in
///   the vectors point into memory that the batch owns.
/// - **Source**: Spark's `DStream.glom`.
[[nodiscard]] inline Glom glom()
{
    return {};
}

} // namespace sluice::inline SLUICE_ABI
