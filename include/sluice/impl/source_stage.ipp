#pragma once

#include <sluice/input/source_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

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

SLUICE_DECL void SourceStage::give(
    BatchMetadata& batch, std::vector<AnyPartition> partitions, std::size_t records)
{
    BatchInput input;
    input.records = records;
    give(batch, std::move(partitions), std::move(input));
}

SLUICE_DECL void SourceStage::give(
    BatchMetadata& batch, std::vector<AnyPartition> partitions, BatchInput input)
{
    input.streamId = info().id;
    input.name = info().name;
    batch.inputRecords += input.records;
    batch.inputs.push_back(std::move(input));
    const std::lock_guard lock{mutex_};
    cuts_.emplace_back(batch.time, std::move(partitions));
}

} // namespace sluice::inline SLUICE_ABI
