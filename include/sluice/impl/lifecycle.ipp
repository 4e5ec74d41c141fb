#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/lifecycle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL State Lifecycle::state() const
{
    const std::lock_guard lock{mutex_};
    return state_;
}

SLUICE_DECL void Lifecycle::mustBeNew(std::string_view what) const
{
    const State now = state();
    if (now == State::initialized) { return; }
    throw IllegalState{
        "sluice: " + std::string{what} +
        (now == State::active ? ": the context was started; streams, outputs and what else runs "
                                "with it are made before start()"
                              : ": the context was stopped; make a new one")};
}

SLUICE_DECL bool Lifecycle::activate()
{
    const std::lock_guard lock{mutex_};
    if (state_ == State::stopped) {
        throw IllegalState{"sluice: start(): this context was stopped and cannot start again"};
    }
    return std::exchange(state_, State::active) == State::initialized;
}

SLUICE_DECL bool Lifecycle::stopUnstarted()
{
    {
        const std::lock_guard lock{mutex_};
        if (state_ != State::initialized) { return false; }
        state_ = State::stopped;
        condition_.notify_all();
    }
    signal_.notify();
    return true;
}

SLUICE_DECL void Lifecycle::fail(std::exception_ptr failure)
{
    const std::lock_guard lock{mutex_};
    if (!failure_) { failure_ = std::move(failure); }
}

SLUICE_DECL std::exception_ptr Lifecycle::failure() const
{
    const std::lock_guard lock{mutex_};
    return failure_;
}

SLUICE_DECL void Lifecycle::stopped()
{
    {
        const std::lock_guard lock{mutex_};
        state_ = State::stopped;
        condition_.notify_all();
    }
    signal_.notify();
}

SLUICE_DECL bool Lifecycle::waitFor(std::optional<Duration> timeout) const
{
    std::unique_lock lock{mutex_};
    const auto isOver = [this] { return state_ == State::stopped; };
    if (!timeout) {
        condition_.wait(lock, isOver);
    } else if (!condition_.wait_for(lock, detail::withinReason(*timeout), isOver)) {
        return false;
    }
    if (failure_) { std::rethrow_exception(failure_); }
    return true;
}

SLUICE_DECL asio::awaitable<void> Lifecycle::terminated(std::shared_ptr<Lifecycle> self)
{
    while (!self->isStopped()) {
        co_await self->signal_.wait(std::bind_front(&Lifecycle::isStopped, self.get()));
    }
    if (const auto failure = self->failure()) { std::rethrow_exception(failure); }
}

} // namespace sluice::inline SLUICE_ABI::engine
