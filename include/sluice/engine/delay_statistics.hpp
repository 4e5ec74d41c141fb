#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/listener.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>

namespace sluice::inline SLUICE_ABI {

/// How one duration was spread over some batches; all 0 where there were none. A percentile is the
/// smallest of the durations that at least that share of the batches did not exceed.
struct DelayDistribution {
    std::chrono::nanoseconds mean{};
    std::chrono::nanoseconds min{};
    std::chrono::nanoseconds max{};
    std::chrono::nanoseconds p50{};
    std::chrono::nanoseconds p90{};
    std::chrono::nanoseconds p99{};
};

/// How long the last batches took.
struct DelayReport {
    std::size_t count = 0; ///< of the batches that it is about
    DelayDistribution totalDelay{};
    DelayDistribution processingTime{};
};

/// A listener that knows how the delays of the last completed batches, failed ones included, were
/// spread. Prints nothing. Safe to use from several threads.
///
/// - **Takes**: the number of batches to look back, 10 by default.
/// - **Errors**: InvalidArgument for 0 batches.
/// - **Cost**: two durations for each batch that is kept; `report()` sorts them.
/// - **Source**: Spark's `StatsReportListener`, which logs what this one answers.
class DelayStatistics : public StreamingListener {
public:
    explicit DelayStatistics(std::size_t batches = 10);

    void onBatchCompleted(const BatchCompleted& batch) override;

    [[nodiscard]] DelayReport report() const;

private:
    struct Delays {
        std::chrono::nanoseconds total;
        std::chrono::nanoseconds processing;
    };

    std::size_t batches_;
    mutable std::mutex mutex_;
    std::deque<Delays> last_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/delay_statistics.ipp>
#endif
