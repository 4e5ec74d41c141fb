#pragma once

#include <sluice/input/source_stage.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL SourceStage::SourceStage(engine::StageInfo&& info) : Stage{std::move(info), Inputs{}} {}

SLUICE_DECL engine::Stage::Work SourceStage::open(const engine::BatchContext& batch)
{
    const std::lock_guard lock{mutex_};
    while (!cuts_.empty() && cuts_.front().first <= batch.time()) {
        output_ = std::move(cuts_.front().second);
        cuts_.pop_front();
    }
    return {};
}

SLUICE_DECL asio::awaitable<void> SourceStage::run(engine::SourceContext)
{
    co_return;
}

SLUICE_DECL void SourceStage::give(Time time, std::vector<AnyPartition> partitions)
{
    const std::lock_guard lock{mutex_};
    cuts_.emplace_back(time, std::move(partitions));
}

} // namespace sluice::inline SLUICE_ABI
