#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/executor.hpp>
#include <sluice/engine/signal.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sluice::inline SLUICE_ABI::engine {

/// Tasks that may run on any threads in any order.
class TaskSet {
public:
    virtual ~TaskSet() = default;
    virtual void run(std::size_t task) noexcept = 0;
};

/// Fork and join on the compute executor: the coroutine's own thread works too, and goes on with
/// whichever thread finishes the last task.
///
/// Helpers stay for `linger` after their last task, since the next stage is usually microseconds
/// away and waking a sleeping thread takes tens of them. One `run` at a time.
class Crew : public std::enable_shared_from_this<Crew> {
public:
    Crew(Executor compute, std::size_t parallelism, std::chrono::nanoseconds linger);

    /// Runs `tasks` tasks of `set` and returns when all are done. To be awaited on the compute
    /// executor.
    Awaitable<void> run(TaskSet& set, std::size_t tasks);

private:
    void help();
    [[nodiscard]] bool work();
    [[nodiscard]] bool newWorkComes() const;
    void publish(TaskSet& set, std::size_t tasks);
    void callHelpers(std::size_t tasks);
    [[nodiscard]] bool othersAreDone() const;
    Awaitable<void> lastTask();

    Executor compute_;
    std::size_t parallelism_;
    std::chrono::nanoseconds linger_;

    // The next task to claim in the low half, the number of the run in the high half: a claim by a
    // thread that still thinks of an older run fails.
    alignas(64) std::atomic<std::uint64_t> ticket_{0};
    std::atomic<TaskSet*> set_{nullptr};
    std::atomic<std::uint32_t> tasks_{0};
    alignas(64) std::atomic<std::size_t> left_{
        0}; // unfinished tasks, and one for the coroutine itself
    alignas(64) std::atomic<std::size_t> helpers_{0};
    Continuation continuation_;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/crew.ipp>
#endif
