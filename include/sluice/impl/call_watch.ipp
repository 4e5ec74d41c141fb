#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/call_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <utility>

// The times of calls: when one is cancelled, and when nobody waits for it any longer.

namespace sluice::detail::inline SLUICE_ABI {

// How long a cancelled call may take to end before nobody waits for it any longer.
constexpr std::chrono::seconds callEndsWithin{1};

SLUICE_DECL std::exception_ptr CallRun::timeoutError() const
{
    return std::make_exception_ptr(Error{ErrorCode::callTimeout,
        "sluice: " + settings_.name + ": a call did not end within its timeout of " +
            toString(settings_.timeout.value_or(Duration{}))});
}

/// All calls are over, and so is the watch, or it has just been told to end.
SLUICE_DECL bool CallRun::completes()
{
    if (active_ > 0) { return false; }
    if (watching_) { callWatch(); }
    return !watching_;
}

SLUICE_DECL void CallRun::cancel(Caller& caller, Instant now)
{
    if (!caller.running_ || caller.cancelled_) { return; }
    caller.cancelled_ = true;
    caller.due_ = now + callEndsWithin;
    if (caller.due_ < watchUntil_) { callWatch(); }
    engine::post(caller.strand_.get(), [self = shared_from_this(), &caller, call = caller.call_] {
        {
            const std::lock_guard lock{self->mutex_};
            if (!caller.running_ || caller.call_ != call) { return; }
        }
        caller.cancellation_.cancel(); // the call cannot end meanwhile: this is its strand
    });
}

SLUICE_DECL void CallRun::cancelAll()
{
    const Instant now = settings_.clock->now();
    for (const auto& caller : callers_) {
        cancel(*caller, now);
    }
}

SLUICE_DECL void CallRun::abandon()
{
    const std::lock_guard lock{mutex_};
    if (std::exchange(abandoned_, true)) { return; }
    cancelAll();
}

/// Begins the watch, or has it look at the times again: one is due earlier than it thinks, or it is
/// to end.
SLUICE_DECL void CallRun::callWatch()
{
    watchUntil_ = Instant::min(); // once is enough
    // Posted, for this is under the lock, which the watch takes.
    if (watching_) {
        engine::post(watchStrand_.get(), [self = shared_from_this()] {
            if (self->timer_) { self->timer_->cancel(); }
        });
    } else {
        watchStrand_ = newStrand();
        watching_ = true;
        engine::post(watchStrand_.get(), [self = shared_from_this()] { self->spawnWatch(); });
    }
}

SLUICE_DECL void CallRun::spawnWatch()
{
    engine::spawn(
        watchStrand_.get(), watch(), [self = shared_from_this()](const std::exception_ptr&) {
            self->timer_.reset();
            bool last = false;
            {
                const std::lock_guard lock{self->mutex_};
                self->watching_ = false;
                last = self->active_ == 0;
            }
            if (last) { self->ended_.complete(); }
        });
}

SLUICE_DECL asio::awaitable<void> CallRun::watch()
{
    timer_ = settings_.clock->makeTimer(watchStrand_.get());
    for (;;) {
        Calls again;
        const auto next = checkTimes(again);
        for (Caller* caller : again) {
            launch(*caller);
        }
        if (!next) { break; }
        co_await timer_->waitUntil(*next);
    }
}

/// Cancels calls that take too long and leaves behind those that were cancelled and go on; says
/// when to look again, while there are calls, and who has another call to make.
SLUICE_DECL std::optional<Instant> CallRun::checkTimes(Calls& again)
{
    const std::lock_guard lock{mutex_};
    const Instant now = settings_.clock->now();
    std::optional<Instant> next;
    // Also those that are added meanwhile.
    for (std::size_t i = 0; i < callers_.size(); ++i) { // NOLINT(modernize-loop-convert): it grows
        Caller* caller = callers_[i].get();
        if (!caller->running_ || caller->leftBehind_) { continue; }
        if (now >= caller->due_ && !caller->cancelled_) {
            cancel(*caller, now);
        } else if (now >= caller->due_) {
            Caller& instead = addCaller();
            caller->leftBehind_ = true;
            ++leftBehind_;
            instead.partition = caller->partition;
            instead.record = caller->record;
            instead.attempt_ = caller->attempt_;
            if (!goesOn(instead, timeoutError())) {
                --active_;
                continue;
            }
            begin(instead);
            again.push_back(&instead);
            continue;
        }
        if (!next || caller->due_ < *next) { next = caller->due_; }
    }
    if (active_ == 0) { next.reset(); }
    watchUntil_ = next.value_or(Instant::max());
    return next;
}

} // namespace sluice::detail::inline SLUICE_ABI
