#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

/// The weights of the estimator behind backpressure, and the least it may say. Defaults and meaning
/// are those of Spark's `backpressure.pid.*`.
struct PidSettings {
    /// How much of the difference between the last rate and the measured speed is corrected at
    /// once.
    double proportional = 1.0;
    /// How much of what is waiting already is taken off the rate, spread over one interval.
    double integral = 0.2;
    /// How much the change of the difference counts.
    double derived = 0.0;
    /// The least rate in records per second, so that there is always something to measure.
    double minRate = 100;
};

namespace engine {

/// Says from how the last batch went how many records per second the next ones could take: Spark's
/// `PIDRateEstimator`, formula by formula. Not thread-safe.
///
/// With `proportional` 1 and nothing waiting the estimate is the speed just measured; what waits
/// pushes it below.
class PidRateEstimator {
public:
    /// - **Errors**: throws `InvalidArgument` for an interval below 1 ms and for settings that are
    ///   negative (`minRate`: or zero) or not finite.
    PidRateEstimator(Duration batchInterval, const PidSettings& settings);

    /// What the batch that ended at `timeMs` lets expect, in records per second. Nothing, and no
    /// change, without records, without processing time or when time stands still; nothing after
    /// the first batch, which only gives the speed to start from.
    std::optional<double> compute(
        double timeMs, double records, double processingDelayMs, double schedulingDelayMs);

private:
    double intervalMs_;
    PidSettings settings_;
    double latestTime_ = -1;
    double latestRate_ = -1;
    double latestError_ = -1;
    bool firstRun_ = true;
};

} // namespace engine
} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/rate_estimator.ipp>
#endif
