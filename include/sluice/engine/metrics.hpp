#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/events.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// One source since the start.
struct SourceMetrics {
    std::uint32_t streamId = 0;
    std::string name{};
    bool active = false;               ///< its receiver runs; false for sources without one
    std::uint64_t records = 0;         ///< of all batches cut, or read since
    std::uint64_t bytes = 0;           ///< of all batches cut, or read since
    std::uint64_t refused = 0;         ///< records refused
    std::uint64_t errors = 0;          ///< errors reported, and runs that ended with a message
    std::uint64_t starts = 0;          ///< of its receiver
    std::uint64_t reconnects = 0;      ///< starts after the first
    std::size_t bufferedBytes = 0;     ///< when the last batch was cut
    std::optional<double> rateLimit{}; ///< records per second, when the last batch was cut
    std::string lastError{};           ///< the message of the last of its errors
    std::optional<Instant> lastErrorAt{};
};

/// One stage since the start.
struct OperatorMetrics {
    std::uint32_t stage = 0;
    std::string name{};
    std::uint64_t tasks = 0;
    std::uint64_t recordsIn = 0;
    std::uint64_t recordsOut = 0;
    std::chrono::nanoseconds elapsed{};
    std::chrono::nanoseconds busy{};
    double lastTaskSkew = 1; ///< of its last batch: the longest task over the mean task
    std::uint64_t retries = 0;
    std::uint64_t failures = 0;       ///< batches in which it failed
    std::uint64_t recordsSkipped = 0; ///< for which a function threw (`OnRecordFailure::skip`)
    std::string lastSkipped{};        ///< what failed in the last batch that skipped some
};

/// How a context stands: what `context.metrics()` answers. Everything since its start.
struct Metrics {
    std::optional<Instant> startedAt{};
    std::uint64_t batchesSubmitted = 0;
    std::uint64_t batchesStarted = 0;
    std::uint64_t batchesCompleted = 0; ///< well or not
    std::uint64_t batchesFailed = 0;
    std::uint64_t receivedRecords = 0;        ///< of batches started
    std::uint64_t processedRecords = 0;       ///< of batches completed
    std::uint64_t droppedRecords = 0;         ///< by a stop that ran out of time
    std::uint64_t listenerErrors = 0;         ///< exceptions that listeners threw
    std::uint64_t eventsMissed = 0;           ///< by listeners that fell too far behind
    std::optional<BatchInfo> lastReceived{};  ///< the last batch submitted, as it stands now
    std::optional<BatchInfo> lastCompleted{}; ///< the last batch completed
    std::vector<SourceMetrics> sources{};     ///< in order of their ids
    std::vector<OperatorMetrics> operators{}; ///< in the order in which they run

    [[nodiscard]] std::uint64_t waitingBatches() const { return batchesSubmitted - batchesStarted; }
    [[nodiscard]] std::uint64_t runningBatches() const { return batchesStarted - batchesCompleted; }
};

/// `metrics` in Prometheus' text exposition format (version 0.0.4), for a page that is scraped.
///
/// Names begin with `sluice_`; every sample carries the label `application`. Times and delays that
/// are not known yet read -1, as in Spark; a source without a rate limit has no sample of it.
[[nodiscard]] std::string toPrometheus(const Metrics& metrics, const std::string& application);

namespace engine {
/// Adds one event to the metrics that it changes.
void count(Metrics& metrics, const Event& event);
} // namespace engine

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/metrics.ipp>
#endif
