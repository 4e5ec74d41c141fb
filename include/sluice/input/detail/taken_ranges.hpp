#pragma once

#include <sluice/engine/events.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/storage/batch.hpp>

#include <deque>
#include <exception>
#include <functional>
#include <string>
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

    /// Acknowledges what `batch` took, now that it is over; what a batch took that failed stays
    /// unacknowledged. `report` is told what `acknowledge` threw.
    void completed(const BatchCompleted& batch,
        const std::function<void(const OffsetRange&)>& acknowledge,
        const std::function<void(const std::string&)>& report)
    {
        while (!taken_.empty() && taken_.front().first <= batch.time) {
            const auto [time, ranges] = std::move(taken_.front());
            taken_.pop_front();
            if (time != batch.time || !batch.failure.empty()) { continue; }
            for (const OffsetRange& range : ranges) {
                try {
                    acknowledge(range);
                } catch (...) {
                    report(engine::textOf(std::current_exception()));
                }
            }
        }
    }

private:
    std::deque<std::pair<Time, std::vector<OffsetRange>>> taken_;
};

} // namespace sluice::detail::inline SLUICE_ABI
