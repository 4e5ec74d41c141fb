#pragma once

#include <sluice/engine/event_log.hpp>

#include <algorithm>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
/// Calls the one callback of `listener` that is for the event.
struct Telling {
    StreamingListener* listener;

    void operator()(const StreamingStarted& event) const { listener->onStreamingStarted(event); }
    void operator()(const ReceiverStarted& event) const { listener->onReceiverStarted(event); }
    void operator()(const ReceiverError& event) const { listener->onReceiverError(event); }
    void operator()(const ReceiverStopped& event) const { listener->onReceiverStopped(event); }
    void operator()(const RecordsRefused& event) const { listener->onRecordsRefused(event); }
    void operator()(const RecordsRead& event) const { listener->onRecordsRead(event); }
    void operator()(const RecordsDropped& event) const { listener->onRecordsDropped(event); }
    void operator()(const BatchSubmitted& event) const { listener->onBatchSubmitted(event); }
    void operator()(const BatchStarted& event) const { listener->onBatchStarted(event); }
    void operator()(const BatchCompleted& event) const { listener->onBatchCompleted(event); }
    void operator()(const OutputOperationStarted& event) const
    {
        listener->onOutputOperationStarted(event);
    }
    void operator()(const OutputOperationCompleted& event) const
    {
        listener->onOutputOperationCompleted(event);
    }
};
} // namespace detail

SLUICE_DECL EventLog::EventLog(std::size_t capacity) : capacity_{capacity} {}
SLUICE_DECL EventLog::~EventLog() = default;

SLUICE_DECL void EventLog::add(Event event)
{
    auto shared = std::make_shared<const Event>(std::move(event));
    std::function<void()> wake;
    {
        const std::lock_guard lock{mutex_};
        count(metrics_, *shared);
        if (events_.size() == capacity_) {
            events_.pop_front();
            ++forgotten_;
        }
        events_.push_back(std::move(shared));
        if (listeners_.empty() || delivering_ || !callDeliver_) { return; }
        wake = callDeliver_;
        delivering_ = true;
    }
    try {
        wake();
    } catch (...) {
        const std::lock_guard lock{mutex_};
        delivering_ = false; // the next event tries again
        throw;
    }
}

SLUICE_DECL std::vector<Event> EventLog::since(std::uint64_t from) const
{
    const std::lock_guard lock{mutex_};
    std::vector<Event> events;
    for (std::uint64_t number = std::max(from, forgotten_); number < end(); ++number) {
        events.push_back(*events_[number - forgotten_]);
    }
    return events;
}

SLUICE_DECL std::uint64_t EventLog::forgotten() const
{
    const std::lock_guard lock{mutex_};
    return forgotten_;
}

SLUICE_DECL Metrics EventLog::metrics() const
{
    const std::lock_guard lock{mutex_};
    return metrics_;
}

SLUICE_DECL void EventLog::addListener(std::shared_ptr<StreamingListener> listener)
{
    const std::lock_guard lock{mutex_};
    listeners_.push_back({std::move(listener), end()});
}

SLUICE_DECL void EventLog::removeListener(const std::shared_ptr<StreamingListener>& listener)
{
    const std::lock_guard lock{mutex_};
    std::erase_if(
        listeners_, [&](const Listening& listening) { return listening.listener == listener; });
}

SLUICE_DECL void EventLog::onPending(std::function<void()> callDeliver)
{
    const std::lock_guard lock{mutex_};
    callDeliver_ = std::move(callDeliver);
}

SLUICE_DECL EventLog::Delivery EventLog::nextDelivery()
{
    const std::lock_guard lock{mutex_};
    // The listener that is furthest behind first, so that all hear of an event before any hears of
    // the next.
    const auto behind = std::min_element(listeners_.begin(), listeners_.end(),
        [](const Listening& a, const Listening& b) { return a.next < b.next; });
    if (behind == listeners_.end() || behind->next >= end()) {
        delivering_ = false;
        return {};
    }
    if (behind->next < forgotten_) {
        metrics_.eventsMissed += forgotten_ - behind->next;
        behind->next = forgotten_;
    }
    return {behind->listener, events_[behind->next++ - forgotten_]};
}

SLUICE_DECL void EventLog::deliver()
{
    for (auto delivery = nextDelivery(); delivery.event; delivery = nextDelivery()) {
        tell(delivery);
    }
}

SLUICE_DECL void EventLog::tell(const Delivery& delivery) noexcept
{
    try {
        std::visit(detail::Telling{delivery.listener.get()}, *delivery.event);
    } catch (...) {
        const std::lock_guard lock{mutex_};
        ++metrics_.listenerErrors;
    }
}

SLUICE_DECL bool EventLog::isDelivered() const
{
    const std::lock_guard lock{mutex_};
    return !delivering_;
}

} // namespace sluice::inline SLUICE_ABI::engine
