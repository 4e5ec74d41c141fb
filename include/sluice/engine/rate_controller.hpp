#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/rate_estimator.hpp>
#include <sluice/storage/time.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace sluice::inline SLUICE_ABI::engine {

/// What of a context's options decides how fast a source may go.
struct RateSettings {
    bool enabled = true; ///< whether completed batches change the limit
    PidSettings pid{};
    std::optional<double> maxRate{};     ///< records per second, whatever the estimate says
    std::optional<double> initialRate{}; ///< records per second until there is an estimate
    Duration batchInterval{};
};

/// Tells one source how fast it may go, from how its batches went. Not thread-safe.
class RateController {
public:
    /// The share of the estimated rate that is handed out. A source held to exactly the speed just
    /// measured would fill whole intervals, and noise would push every second batch over its own.
    static constexpr double headroom = 0.9;

    /// - **Errors**: throws `InvalidArgument` for a rate that is zero, negative or not finite, and
    ///   for what `PidRateEstimator` refuses.
    explicit RateController(const RateSettings& settings);

    /// Records per second that the source may accept now: `headroom` times the latest estimate and
    /// never above `maxRate`. Before there is an estimate it is `initialRate` that counts, or where
    /// that is empty `headroom` times the speed of the first batch, which the estimator only takes
    /// note of. Empty means no limit.
    [[nodiscard]] std::optional<double> limit() const;

    /// Whether nothing is known yet of how fast batches are, and completed ones will tell.
    [[nodiscard]] bool isBlind() const { return enabled_ && !limit(); }

    /// The latest estimate in whole records per second, neither bounded by `maxRate` nor reduced.
    [[nodiscard]] std::optional<double> latestRate() const { return latestRate_; }

    /// To be called once for each completed batch, with the records that this source gave it. An
    /// estimate below one record per second changes nothing.
    void batchCompleted(Instant ended, std::size_t records, std::chrono::nanoseconds processing,
        std::chrono::nanoseconds scheduling);

private:
    bool enabled_;
    std::optional<double> maxRate_;
    std::optional<double> initialRate_;
    double minRate_;
    std::optional<double> firstSpeed_;
    std::optional<double> latestRate_;
    PidRateEstimator estimator_;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/rate_controller.ipp>
#endif
