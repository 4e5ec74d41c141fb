#pragma once

#include <sluice/engine/clock.hpp>
#include <sluice/engine/config.hpp>
#include <sluice/engine/executor.hpp>
#include <sluice/engine/rate_estimator.hpp>
#include <sluice/storage/time.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace sluice::inline SLUICE_ABI {

/// What a context does after a batch that failed for good.
enum class OnBatchFailure {
    stop,    ///< stops; `awaitTermination` rethrows the failure
    proceed, ///< the next batches run; the failure is in the event log
};

/// What becomes of a record for which a function of a narrow operator throws.
enum class OnRecordFailure {
    fail, ///< its task fails, and is tried again
    skip, ///< it is left out and counted; the other records of its batch go on
};

/// How a context is stopped.
enum class Stop {
    now,      ///< batches that wait are dropped, the one under way ends
    graceful, ///< what was accepted is processed first, within `gracefulStopTimeout`
};

/// How a source comes back to a peer that went away.
struct Reconnect {
    Duration first{100};     ///< wait before the first new attempt
    Duration atMost{30'000}; ///< the wait doubles up to here
    double jitter = 0.2;     ///< each wait is varied by up to this share, up or down
};

/// How much the sources that can be slowed may bring in, so that batches end within their interval.
/// See docs/backpressure.md.
struct Backpressure {
    bool enabled = true; ///< whether the speed of the last batches limits the sources
    PidSettings pid{};
};

/// The options of a context. Only `batchInterval` is required.
struct Options {
    /// Time between two batches, at least 1 ms.
    Duration batchInterval{};
    /// Threads that work on a stage, at most 4096; 0 means as many as the machine has cores.
    std::size_t parallelism = 0;
    /// Partitions of a shuffle where the operator names no other number.
    std::size_t defaultPartitions = 8;
    /// Where sockets, timers and ticks live; an own thread when empty.
    Executor io{};
    /// Where operator functions run; an own pool of `parallelism` threads when empty.
    Executor compute{};
    /// The system's clock when empty.
    std::shared_ptr<Clock> clock{};
    /// How often one task may fail before its batch fails.
    unsigned maxTaskFailures = 4;
    OnBatchFailure onBatchFailure = OnBatchFailure::stop;
    OnRecordFailure onRecordFailure = OnRecordFailure::fail;
    /// What one receiver may have accepted and not seen processed; a full buffer suspends it.
    std::size_t maxBufferedBytes = std::size_t{64} << 20U;
    /// A longer line is counted and refused.
    std::size_t maxLineBytes = std::size_t{1} << 20U;
    Reconnect reconnect{};
    /// How long single records of a receiver are gathered before they become a partition; the
    /// smaller of 200 ms and the batch interval when empty.
    std::optional<Duration> blockInterval{};
    /// Records per second that each receiver, or partition of a pull source, accepts at most; no
    /// limit when empty.
    std::optional<double> maxRate{};
    /// The same before the first batches have shown what is possible; bounded by the buffer when
    /// empty.
    std::optional<double> initialRate{};
    Backpressure backpressure{};
    /// The larger of 10 intervals and 10 s when empty.
    std::optional<Duration> gracefulStopTimeout{};
};

} // namespace sluice::inline SLUICE_ABI
