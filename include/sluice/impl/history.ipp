#pragma once

#include <sluice/engine/history.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL void History::keepFor(Duration span)
{
    const std::lock_guard lock{mutex_};
    span_ = std::max(span_, span);
}

SLUICE_DECL void History::add(
    std::shared_ptr<const BatchMetadata> metadata, std::vector<AnyPartition> partitions)
{
    const Time now = metadata->time;
    auto newest = std::make_shared<const RememberedBatch>(
        RememberedBatch{std::move(metadata), std::move(partitions)});
    Batches forgotten; // let go when the lock is
    const std::lock_guard lock{mutex_};
    batches_.push_back(std::move(newest));
    while (batches_.front()->metadata->time <= now - span_) {
        forgotten.push_back(std::move(batches_.front()));
        batches_.pop_front();
    }
}

SLUICE_DECL History::Batches History::between(Time from, Time to) const
{
    Batches found;
    const std::lock_guard lock{mutex_};
    std::copy_if(
        batches_.begin(), batches_.end(), std::back_inserter(found), [&](const auto& batch) {
            return from <= batch->metadata->time && batch->metadata->time <= to;
        });
    return found;
}

} // namespace sluice::inline SLUICE_ABI::engine
