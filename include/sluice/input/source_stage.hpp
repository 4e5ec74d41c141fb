#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/source.hpp>
#include <sluice/engine/stage.hpp>

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
    /// What the batch at `time` is to see.
    void give(Time time, std::vector<AnyPartition> partitions);

private:
    std::mutex mutex_;
    std::deque<std::pair<Time, std::vector<AnyPartition>>> cuts_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/source_stage.ipp>
#endif
