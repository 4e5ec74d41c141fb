#pragma once

#include <sluice/engine/event_log.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL EventLog::EventLog(std::size_t capacity) : capacity_{capacity} {}
SLUICE_DECL EventLog::~EventLog() = default;

SLUICE_DECL void EventLog::add(Event event)
{
    const std::lock_guard lock{mutex_};
    if (events_.size() == capacity_) {
        events_.pop_front();
        ++forgotten_;
    }
    events_.push_back(std::move(event));
}

SLUICE_DECL std::vector<Event> EventLog::since(std::uint64_t from) const
{
    const std::lock_guard lock{mutex_};
    const std::uint64_t skip = from > forgotten_ ? from - forgotten_ : 0;
    if (skip >= events_.size()) { return {}; }
    return {events_.begin() + static_cast<std::ptrdiff_t>(skip), events_.end()};
}

SLUICE_DECL std::uint64_t EventLog::forgotten() const
{
    const std::lock_guard lock{mutex_};
    return forgotten_;
}

} // namespace sluice::inline SLUICE_ABI::engine
