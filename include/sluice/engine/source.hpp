#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/executor.hpp>
#include <sluice/storage/batch.hpp>

#include <memory>

namespace sluice::inline SLUICE_ABI {
class Clock;
struct BatchCompleted;
} // namespace sluice::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI::engine {

class EventLog;

/// What a source may use of its context. The executor runs one handler at a time.
struct SourceContext {
    Executor io;
    std::shared_ptr<Clock> clock;
    EventLog* events = nullptr;
};

/// What brings records in. All members but `prepare` are called on the source's `io` executor.
class Source {
public:
    virtual ~Source() = default;

    /// Receives until `stop` was called; what it awaits of Asio's is cancelled then. A source that
    /// is only asked at batch times has nothing to do.
    virtual Awaitable<void> run(SourceContext context) = 0;

    /// Ends `run` soon. What was accepted before stays for the last batch.
    virtual void stop() {}

    /// Gives all that is there to the batch, and adds its counts and offsets.
    virtual void cut(BatchMetadata& batch) = 0;

    /// What takes too long for `io`, such as looking through a folder: called on `compute`, once
    /// for each batch, in their order, before the batch is processed. May add to its counts and
    /// offsets.
    virtual void prepare(BatchMetadata& /*batch*/) {}

    /// Whether what a batch has of it is known only once the batch is processed.
    [[nodiscard]] virtual bool countsLate() const { return false; }

    /// The oldest batch that was cut and not completed is over: its memory is free again, and where
    /// it went well what it took may be acknowledged.
    virtual void completed(const BatchCompleted& /*batch*/) {}
};

} // namespace sluice::inline SLUICE_ABI::engine
