#pragma once

#include <sluice/engine/events.hpp>
#include <sluice/storage/batch.hpp>

#include <deque>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// The offset ranges that batches took from one source and that are not acknowledged yet.
class TakenRanges {
public:
    void add(Time batch, std::vector<OffsetRange> ranges)
    {
        if (!ranges.empty()) { taken_.emplace_back(batch, std::move(ranges)); }
    }

    /// The ranges that may be acknowledged now that `batch` is over. What a batch took that failed
    /// stays unacknowledged.
    [[nodiscard]] std::vector<OffsetRange> completed(const BatchCompleted& batch)
    {
        std::vector<OffsetRange> ranges;
        while (!taken_.empty() && taken_.front().first <= batch.time) {
            if (taken_.front().first == batch.time && batch.failure.empty()) {
                ranges = std::move(taken_.front().second);
            }
            taken_.pop_front();
        }
        return ranges;
    }

private:
    std::deque<std::pair<Time, std::vector<OffsetRange>>> taken_;
};

} // namespace sluice::detail::inline SLUICE_ABI
