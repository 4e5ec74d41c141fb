#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/delay_statistics.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {
inline DelayDistribution distributionOf(std::vector<std::chrono::nanoseconds> delays)
{
    if (delays.empty()) { return {}; }
    std::sort(delays.begin(), delays.end());
    std::chrono::nanoseconds sum{};
    for (const auto delay : delays) {
        sum += delay;
    }
    const auto percentile = [&](std::size_t percent) {
        return delays[(delays.size() * percent + 99) / 100 - 1];
    };
    return {sum / static_cast<std::ptrdiff_t>(delays.size()), delays.front(), delays.back(),
        percentile(50), percentile(90), percentile(99)};
}
} // namespace engine::detail

SLUICE_DECL DelayStatistics::DelayStatistics(std::size_t batches) : batches_{batches}
{
    if (batches == 0) {
        throw InvalidArgument{
            "sluice: DelayStatistics(batches): 0 batches given, must be at least 1"};
    }
}

SLUICE_DECL void DelayStatistics::onBatchCompleted(const BatchCompleted& batch)
{
    const auto total = batch.totalDelay();
    const auto processing = batch.processingTime();
    if (!total || !processing) { return; }
    const std::lock_guard lock{mutex_};
    if (last_.size() == batches_) { last_.pop_front(); }
    last_.push_back({*total, *processing});
}

SLUICE_DECL DelayReport DelayStatistics::report() const
{
    std::vector<std::chrono::nanoseconds> totals;
    std::vector<std::chrono::nanoseconds> processing;
    {
        const std::lock_guard lock{mutex_};
        for (const Delays& delays : last_) {
            totals.push_back(delays.total);
            processing.push_back(delays.processing);
        }
    }
    const std::size_t count = totals.size();
    return {count, engine::detail::distributionOf(std::move(totals)),
        engine::detail::distributionOf(std::move(processing))};
}

} // namespace sluice::inline SLUICE_ABI
