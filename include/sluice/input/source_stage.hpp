#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/source.hpp>
#include <sluice/engine/stage.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// The stage of a source: keeps what was cut for each batch until the batch is processed.
class SourceStage : public engine::Stage, public engine::Source {
public:
    explicit SourceStage(engine::StageInfo&& info);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t, engine::TaskContext&) override {}
    [[nodiscard]] engine::Source* source() noexcept override { return this; }

    Awaitable<void> run(engine::SourceContext context) override;

protected:
    /// What `batch` is to see of this source: `records` records in `partitions`.
    void give(BatchMetadata& batch, std::vector<AnyPartition> partitions, std::size_t records);
    /// The same, with what else is known of it; its id and name are filled in.
    void give(BatchMetadata& batch, std::vector<AnyPartition> partitions, BatchInput input);

private:
    std::mutex mutex_;
    std::deque<std::pair<Time, std::vector<AnyPartition>>> cuts_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/source_stage.ipp>
#endif
