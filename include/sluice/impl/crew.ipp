#pragma once

#include <sluice/engine/crew.hpp>
#include <sluice/engine/spawn.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <thread>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
inline void relax()
{
#if defined(__SSE2__)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

/// Spins until `done()` or until `limit` has passed; says whether it was done.
template <class Done>
bool spinUntil(Done done, std::chrono::nanoseconds limit)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    do {
        for (int i = 0; i < 32; ++i) {
            if (done()) { return true; }
            relax();
        }
    } while (std::chrono::steady_clock::now() < deadline);
    return done();
}

constexpr std::uint64_t taskOf(std::uint64_t ticket)
{
    return ticket & 0xffff'ffffU;
}
constexpr std::uint64_t runOf(std::uint64_t ticket)
{
    return ticket >> 32U;
}
// A ticket with this in its low half is beyond the last task of any run.
constexpr std::uint64_t noTask = 0xffff'ffffU;

// How long the coroutine's thread waits for the last tasks of others before it gives its thread
// back.
constexpr std::chrono::microseconds joinSpin{100};
} // namespace detail

SLUICE_DECL Crew::Crew(Executor compute, std::size_t parallelism, std::chrono::nanoseconds linger)
    : compute_{std::move(compute)}, parallelism_{parallelism}, linger_{linger}
{
}

SLUICE_DECL void Crew::publish(TaskSet& set, std::size_t tasks)
{
    // A helper that lingers sees the new number of tasks before the new ticket: until then the
    // ticket has to be one that it cannot claim, or it would run a task that the new run gives out
    // again.
    const auto run = (detail::runOf(ticket_.load(std::memory_order_relaxed)) + 1) << 32U;
    ticket_.store(run | detail::noTask, std::memory_order_relaxed);
    set_.store(&set, std::memory_order_relaxed);
    left_.store(tasks + 1, std::memory_order_relaxed);
    tasks_.store(static_cast<std::uint32_t>(tasks), std::memory_order_release);
    ticket_.store(run, std::memory_order_release);
}

SLUICE_DECL void Crew::callHelpers(std::size_t tasks)
{
    const auto wanted = std::min(tasks, parallelism_) - 1;
    for (auto there = helpers_.load(std::memory_order_relaxed); there < wanted; ++there) {
        helpers_.fetch_add(1, std::memory_order_relaxed);
        post(compute_.get(), [self = shared_from_this()] { self->help(); });
    }
}

/// Claims and runs tasks while there are any. True when this thread also went on with the
/// coroutine.
SLUICE_DECL bool Crew::work()
{
    for (;;) {
        auto ticket = ticket_.load(std::memory_order_acquire);
        TaskSet* set = set_.load(std::memory_order_relaxed);
        if (detail::taskOf(ticket) >= tasks_.load(std::memory_order_acquire)) { return false; }
        if (!ticket_.compare_exchange_weak(
                ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
            continue;
        }
        set->run(detail::taskOf(ticket));
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            // The coroutine waits and everything is done: this thread is its thread from here on.
            helpers_.fetch_sub(1, std::memory_order_relaxed);
            continuation_.here();
            return true;
        }
    }
}

SLUICE_DECL bool Crew::newWorkComes() const
{
    return detail::taskOf(ticket_.load(std::memory_order_acquire)) <
           tasks_.load(std::memory_order_relaxed);
}

SLUICE_DECL void Crew::help()
{
    do {
        if (work()) { return; }
    } while (linger_.count() > 0 && detail::spinUntil([this] { return newWorkComes(); }, linger_));
    helpers_.fetch_sub(1, std::memory_order_relaxed);
}

SLUICE_DECL bool Crew::othersAreDone() const
{
    return detail::spinUntil(
        [this] { return left_.load(std::memory_order_acquire) == 1; }, detail::joinSpin);
}

SLUICE_DECL asio::awaitable<void> Crew::lastTask()
{
    return suspend([self = shared_from_this()](Continuation continuation) {
        // Once the token is given back, another thread may have resumed and ended the coroutine.
        self->continuation_ = std::move(continuation);
        if (self->left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            self->continuation_.post();
        }
    });
}

SLUICE_DECL asio::awaitable<void> Crew::run(TaskSet& set, std::size_t tasks)
{
    if (tasks == 0) { co_return; }
    publish(set, tasks);
    callHelpers(tasks);
    (void)work(); // this coroutine holds a token in left_, so its own tasks never find themselves
                  // last
    if (othersAreDone()) {
        left_.store(0, std::memory_order_relaxed);
    } else {
        co_await lastTask();
    }
}

} // namespace sluice::inline SLUICE_ABI::engine
