#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// The context is active: its sources run and its batches tick.
struct StreamingStarted {
    Instant at{};
};

/// What is known of a receiver at an event of its own.
struct ReceiverInfo {
    std::uint32_t streamId = 0; ///< the id of the source's stage, as `explain()` shows it
    std::string name;           ///< such as `socketTextStream localhost:9999`
    Instant at{};
    std::string message; ///< what the receiver, or the outside world, said; empty where all is well
};

/// A receiver began to receive: at the start, and again after each restart.
struct ReceiverStarted : ReceiverInfo {};

/// A receiver reported an error and goes on.
struct ReceiverError : ReceiverInfo {};

/// A receiver's run is over.
struct ReceiverStopped : ReceiverInfo {
    bool restarts = false; ///< whether it will be started again, after a wait
};

/// Input from outside that was refused: a line too long, a record that cannot be read.
struct RecordsRefused : ReceiverInfo {
    std::size_t records = 0;
};

/// What a source read while a batch was processed, because it cannot count records before: once a
/// batch that had any.
struct RecordsRead : ReceiverInfo {
    std::size_t records = 0;
    std::size_t bytes = 0;
};

/// A graceful stop ran out of time and gave up what had been accepted.
struct RecordsDropped {
    Instant at{};
    std::size_t records = 0; ///< as far as they were counted: those of files are not yet
    std::size_t batches = 0; ///< that waited, or were given up under way
};

/// What is known of a batch at an event of its own.
struct BatchInfo {
    Time time{};             ///< its nominal time, the end of its interval
    std::uint64_t index = 0; ///< 0 for the first batch after the start
    std::size_t records = 0; ///< over all sources
    Instant submitted{};     ///< when it was cut from the sources
    std::optional<Instant> started{};
    std::optional<Instant> ended{};
    std::vector<BatchInput> inputs{}; ///< one for each source

    using Elapsed = std::optional<std::chrono::nanoseconds>;

    /// How long it waited for earlier batches; nothing before it starts.
    [[nodiscard]] Elapsed schedulingDelay() const { return between(submitted, started); }
    /// How long it took; nothing before it ends.
    [[nodiscard]] Elapsed processingTime() const
    {
        return started ? between(*started, ended) : Elapsed{};
    }
    /// Both together.
    [[nodiscard]] Elapsed totalDelay() const { return between(submitted, ended); }

private:
    static Elapsed between(Instant from, const std::optional<Instant>& to)
    {
        return to ? Elapsed{*to - from} : Elapsed{};
    }
};

/// A batch was cut from the sources and waits to be processed.
struct BatchSubmitted : BatchInfo {};

/// A batch's processing begins.
struct BatchStarted : BatchInfo {};

/// What one stage did in one batch.
struct StageReport {
    std::uint32_t stage = 0; ///< its id, as `explain()` shows it
    std::string name{};      ///< of its main operator
    std::size_t tasks = 0;
    std::size_t weight = 0; ///< how much there was to do, in the stage's own unit, mostly records
    std::size_t recordsIn = 0;  ///< in the partitions that it read
    std::size_t recordsOut = 0; ///< in the partitions that it made; 0 for outputs and before a
                                ///< shuffle, whose tables have no partitions yet
    std::chrono::nanoseconds elapsed{};     ///< from its first task to its end
    std::chrono::nanoseconds busy{};        ///< of its tasks, added up
    std::chrono::nanoseconds longestTask{}; ///< 0 where it has no tasks
    std::size_t retries = 0;
    std::size_t recordsSkipped = 0; ///< for which a function threw (`OnRecordFailure::skip`)
    std::string firstSkipped{};     ///< what the first of them failed of: `map: not a number`
    bool failed = false;
    bool skipped = false; ///< an input had failed

    /// The longest task over the mean task: 1 where all took the same time, or nothing ran.
    [[nodiscard]] double taskSkew() const
    {
        if (tasks == 0 || busy.count() == 0) { return 1; }
        return static_cast<double>(longestTask.count()) * static_cast<double>(tasks) /
               static_cast<double>(busy.count());
    }
};

/// A batch is over, well or not.
struct BatchCompleted : BatchInfo {
    std::vector<StageReport> stages{};
    std::string failure{}; ///< empty where all went well
};

/// What is known of what one output operation does in one batch.
struct OutputOperationInfo {
    Time batchTime{};
    std::uint32_t id = 0;      ///< position in the order of registration, from 0
    std::string name{};        ///< of the operation: `print`
    std::string description{}; ///< what is fused in its stage
    Instant started{};
    std::optional<Instant> ended{};
    std::string failure{}; ///< empty where all went well
};

/// The first task of an output operation is about to run.
struct OutputOperationStarted : OutputOperationInfo {};

/// An output operation has committed, or failed.
struct OutputOperationCompleted : OutputOperationInfo {};

/// Anything that happens to a context, as a plain struct.
using Event = std::variant<StreamingStarted, ReceiverStarted, ReceiverError, ReceiverStopped,
    RecordsRefused, RecordsRead, RecordsDropped, BatchSubmitted, BatchStarted,
    OutputOperationStarted, OutputOperationCompleted, BatchCompleted>;

} // namespace sluice::inline SLUICE_ABI
