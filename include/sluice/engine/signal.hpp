#pragma once

#include <sluice/engine/config.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// What resumes one suspended coroutine: to be called once, from any thread.
class Continuation {
public:
    class Resumable {
    public:
        virtual ~Resumable() = default;
        virtual void resumeHere() = 0;
        virtual void resumeOnItsExecutor() = 0;
    };

    Continuation() = default;
    explicit Continuation(std::unique_ptr<Resumable> coroutine) : coroutine_{std::move(coroutine)}
    {
    }

    explicit operator bool() const noexcept { return coroutine_ != nullptr; }

    /// Goes on with the coroutine on this thread, which must be one of its executor's.
    void here() { std::exchange(coroutine_, nullptr)->resumeHere(); }

    /// Goes on with the coroutine on its executor; returns at once.
    void post() { std::exchange(coroutine_, nullptr)->resumeOnItsExecutor(); }

private:
    std::unique_ptr<Resumable> coroutine_;
};

/// Suspends the calling coroutine and hands what resumes it to `keeper`. Once `keeper` has made the
/// continuation known to another thread, it must not touch the coroutine's frame any more.
Awaitable<void> suspend(std::function<void(Continuation)> keeper);

/// Wakes coroutines that wait for something to change. Safe to use from several threads.
class Signal {
public:
    /// Suspends until the next `notify`, unless `ready` (called under the signal's lock) is true
    /// already.
    Awaitable<void> wait(std::function<bool()> ready);

    void notify();

private:
    std::mutex mutex_;
    std::vector<Continuation> waiting_;
};

/// A countdown that anyone on any thread may complete; a stage starts when its gate is open.
class Gate {
public:
    /// To be called while nobody waits.
    void arm(std::size_t count);
    void complete();
    [[nodiscard]] bool isOpen();
    Awaitable<void> opened();

private:
    std::mutex mutex_;
    std::size_t left_ = 0;
    std::vector<Continuation> waiting_;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/signal.ipp>
#endif
