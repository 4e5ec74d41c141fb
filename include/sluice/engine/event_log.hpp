#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/events.hpp>
#include <sluice/engine/listener.hpp>
#include <sluice/engine/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// What happened, as plain structs, oldest first; the oldest go when it is full. Listeners and
/// metrics live on it. Safe to use from several threads.
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

    [[nodiscard]] Metrics metrics() const;

    /// Told of what happens from here on.
    void addListener(std::shared_ptr<StreamingListener> listener);
    /// Not told of anything that it was not told of before; a callback under way may still run.
    void removeListener(const std::shared_ptr<StreamingListener>& listener);

    /// Called, without a lock, when there is something to deliver and nobody at it: to call
    /// `deliver` soon, on a thread where listeners may run.
    void onPending(std::function<void()> callDeliver);
    /// Tells the listeners what they were not told yet.
    void deliver();
    /// Whether every listener was told of everything.
    [[nodiscard]] bool isDelivered() const;

private:
    struct Listening {
        std::shared_ptr<StreamingListener> listener;
        std::uint64_t next; ///< number of the event that it hears next
    };
    struct Delivery {
        std::shared_ptr<StreamingListener> listener;
        std::shared_ptr<const Event> event;
    };

    [[nodiscard]] std::uint64_t end() const { return forgotten_ + events_.size(); }
    [[nodiscard]] Delivery nextDelivery();
    void tell(const Delivery& delivery) noexcept;

    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<const Event>> events_;
    std::size_t capacity_;
    std::uint64_t forgotten_ = 0;
    Metrics metrics_;
    std::vector<Listening> listeners_;
    std::function<void()> callDeliver_;
    bool delivering_ = false;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/event_log.ipp>
#endif
