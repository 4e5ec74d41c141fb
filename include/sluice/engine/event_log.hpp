#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// A batch was cut from the sources and waits to be processed.
struct BatchSubmitted {
    Time time{};
    Instant at{};
    std::size_t records = 0; ///< over all sources
};

/// What one stage did in one batch.
struct StageReport {
    std::uint32_t stage = 0;
    std::string name;
    std::size_t tasks = 0;
    std::size_t weight = 0; ///< in the stage's own unit, mostly records
    std::chrono::nanoseconds elapsed{};
    std::size_t retries = 0;
    bool failed = false;
    bool skipped = false; ///< an input had failed
};

/// A batch is over, well or not.
struct BatchCompleted {
    Time time{};
    std::uint64_t index = 0;
    std::size_t records = 0; ///< over all sources
    Instant submitted{};
    Instant started{};
    Instant ended{};
    std::vector<StageReport> stages;
    std::string failure; ///< empty where all went well

    [[nodiscard]] auto schedulingDelay() const { return started - submitted; }
    [[nodiscard]] auto processingTime() const { return ended - started; }
    [[nodiscard]] auto totalDelay() const { return ended - submitted; }
};

/// A source has something to say: it connected, lost its peer, refused records.
struct SourceEvent {
    enum class Kind { connected, disconnected, refused, failed };
    std::string source;
    Kind kind{};
    Instant at{};
    std::size_t records = 0; ///< refused ones
    std::string message;
};

/// A graceful stop ran out of time and gave up what had been accepted.
struct RecordsDropped {
    Instant at{};
    std::size_t records = 0;
};

using Event = std::variant<BatchSubmitted, BatchCompleted, SourceEvent, RecordsDropped>;

namespace engine {

/// What happened, as plain structs, oldest first; the oldest go when it is full. Safe to use from
/// several threads.
class EventLog {
public:
    explicit EventLog(std::size_t capacity = 16'384);

    ~EventLog();
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    void add(Event event);

    /// The events from number `from` on, of those that are still here; the first one ever has
    /// number 0.
    [[nodiscard]] std::vector<Event> since(std::uint64_t from) const;

    /// Events that are no longer here because the log was full.
    [[nodiscard]] std::uint64_t forgotten() const;

private:
    mutable std::mutex mutex_;
    std::deque<Event> events_;
    std::size_t capacity_;
    std::uint64_t forgotten_ = 0;
};

} // namespace engine
} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/event_log.ipp>
#endif
