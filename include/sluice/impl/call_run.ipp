#pragma once

#include <sluice/dstream/detail/call_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// A strand that keeps the engine alive: nobody knows when a call that is left behind lets go of
/// it.
class CallStrand {
public:
    CallStrand(const asio::any_io_executor& on, std::shared_ptr<const void> engine)
        : engine_{std::move(engine)},
          strand_{asio::require(asio::make_strand(on), asio::execution::blocking.never)}
    {
    }

    template <class F>
    void execute(F function) const
    {
        strand_.execute(std::move(function));
    }

    asio::execution_context& query(asio::execution::context_t) const noexcept
    {
        return asio::query(strand_, asio::execution::context);
    }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
    {
        return asio::execution::blocking.never;
    }
    friend bool operator==(const CallStrand& a, const CallStrand& b) noexcept
    {
        return a.strand_ == b.strand_;
    }

private:
    std::shared_ptr<const void> engine_; // destroyed after the strand, which is part of it
    asio::any_io_executor strand_;
};

SLUICE_DECL CallRun::CallRun(const CallSettings& settings, std::vector<AnyPartition> input,
    std::atomic<std::size_t>& leftBehind)
    : settings_{settings},
      engine_{settings.engine.lock()},
      input_{std::move(input)},
      leftBehind_{leftBehind}
{
    ended_.arm(1);
    for (const AnyPartition& partition : input_) {
        unsettled_ += partition.size;
    }
}

SLUICE_DECL CallRun::~CallRun() = default;

SLUICE_DECL Executor CallRun::newStrand() const
{
    return asio::any_io_executor{CallStrand{settings_.compute.get(), engine_}};
}

SLUICE_DECL Caller& CallRun::addCaller()
{
    Caller& caller = *callers_.emplace_back(makeCaller());
    caller.strand_ = newStrand();
    return caller;
}

SLUICE_DECL void CallRun::start(const engine::SuspensionContext& context)
{
    Calls first;
    bool nothing = false;
    {
        const std::lock_guard lock{mutex_};
        maxFailures_ = context.maxFailures;
        skips_ = context.skips;
        for (std::size_t i = 0; i < settings_.concurrency; ++i) {
            // Who finds no record is not needed, nor is anybody after it.
            Caller& caller = addCaller();
            if (!takeNext(caller)) {
                callers_.pop_back();
                break;
            }
            begin(caller);
            ++active_;
            first.push_back(&caller);
        }
        nothing = first.empty();
    }
    if (nothing) { return ended_.complete(); }
    for (Caller* caller : first) {
        launch(*caller);
    }
}

SLUICE_DECL bool CallRun::takeNext(Caller& caller)
{
    if (isOver()) { return false; }
    while (nextPartition_ < input_.size() && nextRecord_ == input_[nextPartition_].size) {
        ++nextPartition_;
        nextRecord_ = 0;
    }
    if (nextPartition_ == input_.size()) { return false; }
    caller.partition = nextPartition_;
    caller.record = nextRecord_++;
    caller.attempt_ = 1;
    return true;
}

SLUICE_DECL void CallRun::begin(Caller& caller)
{
    ++caller.call_;
    caller.running_ = true;
    caller.settled_ = false;
    caller.cancelled_ = false;
    if (!settings_.timeout) { return; }
    caller.due_ = settings_.clock->now() + *settings_.timeout;
    if (caller.due_ < watchUntil_) { callWatch(); }
}

SLUICE_DECL void CallRun::launch(Caller& caller)
{
    try {
        engine::spawn(
            caller.strand_.get(), call(caller),
            [self = shared_from_this(), &caller](
                const std::exception_ptr& failure) { self->callEnded(caller, failure); },
            &caller.cancellation_);
    } catch (...) { // no memory for a call
        callEnded(caller, std::current_exception());
    }
}

SLUICE_DECL void CallRun::callEnded(Caller& caller, const std::exception_ptr& failure)
{
    bool again = false;
    bool last = false;
    {
        const std::lock_guard lock{mutex_};
        if (caller.leftBehind_) {
            --leftBehind_;
            return;
        }
        caller.running_ = false;
        // A call that answers although it was cancelled has answered.
        again =
            goesOn(caller, caller.cancelled_ && failure && !isOver() ? timeoutError() : failure);
        if (again) {
            begin(caller);
        } else {
            --active_;
            last = completes();
        }
    }
    if (again) { launch(caller); }
    if (last) { ended_.complete(); }
}

SLUICE_DECL bool CallRun::hasNext(Caller& caller)
{
    const std::lock_guard lock{mutex_};
    if (caller.leftBehind_ || caller.cancelled_) { return false; } // `callEnded` sees to it
    keep(caller);
    --unsettled_;
    caller.settled_ = true;
    caller.running_ = takeNext(caller);
    if (caller.running_) { begin(caller); }
    return caller.running_;
}

SLUICE_DECL bool CallRun::isKept(Caller& caller, std::exception_ptr& failure)
{
    if (failure) { return false; }
    try {
        keep(caller);
        return true;
    } catch (...) { // no memory, or a result that does not let itself be moved
        failure = std::current_exception();
        return false;
    }
}

/// What follows from the end of a call; whether the caller has another one to make.
SLUICE_DECL bool CallRun::goesOn(Caller& caller, std::exception_ptr failure)
{
    if (std::exchange(caller.settled_, false)) { return takeNext(caller); }
    if (isKept(caller, failure)) {
        --unsettled_;
        return takeNext(caller);
    }
    if (isOver()) { return false; }
    caller.fresh = false;
    if (caller.attempt_ < maxFailures_) {
        ++caller.attempt_;
        ++retries_;
        return true;
    }
    if (skips_) {
        skipped_.skip(settings_.name, failure);
        --unsettled_;
        return takeNext(caller);
    }
    failure_ = std::move(failure);
    failedPartition_ = caller.partition;
    cancelAll();
    return false;
}

SLUICE_DECL void CallRun::report(engine::SuspensionContext& context) const
{
    context.retries = retries_;
    context.skipped = skipped_;
    if (failure_) {
        context.partition = failedPartition_;
        context.attempts = maxFailures_;
        std::rethrow_exception(failure_);
    }
    if (unsettled_ > 0) { throw engine::Abandoned{}; }
}

} // namespace sluice::detail::inline SLUICE_ABI
