#pragma once

#include <sluice/engine/options.hpp>
#include <sluice/engine/rate_controller.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/input/detail/taken_ranges.hpp>
#include <sluice/input/source_stage.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What all pull sources share: each batch takes a range of offsets from each partition of the
/// source, within the rate that the batches allow, and acknowledges it when it is completed.
class PullStage : public SourceStage {
public:
    PullStage(engine::StageInfo&& info, const Options& options, std::vector<std::uint64_t> from);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t task, engine::TaskContext& context) override;

    Awaitable<void> run(engine::SourceContext context) override;
    void cut(BatchMetadata& batch) override;
    void completed(const BatchCompleted& batch) override;

protected:
    /// The offset behind the last record of each partition.
    virtual std::vector<std::uint64_t> latest() = 0;
    virtual AnyPartition read(const OffsetRange& range) = 0;
    virtual void acknowledge(const OffsetRange& range) = 0;

private:
    [[nodiscard]] std::vector<OffsetRange> nextRanges(std::vector<std::uint64_t> until);
    void report(std::string message);

    Duration batchInterval_;
    std::optional<double> maxRate_;
    engine::RateController controller_;
    engine::SourceContext context_;
    std::vector<std::uint64_t> next_; // the offset that comes next in each partition
    std::vector<double> credit_;      // what `maxRate` allows each partition by now
    detail::TakenRanges taken_;
    std::vector<AnyPartition> ranges_; // of the batch that is processed: one in each
    engine::TaskGroups groups_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/pull_stage.ipp>
#endif
