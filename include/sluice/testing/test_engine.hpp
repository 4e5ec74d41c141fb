#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/config.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/testing/deterministic_executor.hpp>
#include <sluice/testing/manual_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sluice::inline SLUICE_ABI::testing {

/// An engine without threads or real time: a runtime on a deterministic executor and a manual
/// clock. Nothing happens but what a test asks for.
///
/// Sources, streams and outputs take its `runtime()` where they take a context. The batch interval
/// is 1 s unless the options say otherwise.
class TestEngine {
public:
    explicit TestEngine(Options options = {}, std::uint64_t seed = 0)
        : executor_{std::make_unique<DeterministicExecutor>(seed)},
          clock_{std::make_shared<ManualClock>()},
          runtime_{complete(std::move(options))}
    {
    }

    /// Whatever was not stopped is stopped now: a runtime must not wait for an executor that nobody
    /// runs.
    ~TestEngine()
    {
        runtime_.requestStop(Stop::now);
        executor_->run();
    }
    TestEngine(const TestEngine&) = delete;
    TestEngine& operator=(const TestEngine&) = delete;

    [[nodiscard]] engine::Runtime& runtime() noexcept { return runtime_; }
    [[nodiscard]] DeterministicExecutor& executor() noexcept { return *executor_; }
    [[nodiscard]] ManualClock& clock() noexcept { return *clock_; }
    /// What a context would answer.
    [[nodiscard]] Metrics metrics() const { return runtime_.events().metrics(); }

    /// Starts and runs whatever there is to do before time passes.
    void start()
    {
        runtime_.start();
        executor_->run();
    }

    /// Does what is left to do now, sets the clock forward once, and runs everything that this
    /// brings about.
    void pass(Duration time)
    {
        executor_->run();
        clock_->advance(time);
        executor_->run();
    }

    /// Lets one batch interval pass. Throws IllegalState before the start.
    void nextBatch() { jump(1); }

    /// The clock jumps by several batch intervals at once, as for a process that was held up: all
    /// of their batches are due together, and receivers give everything to the first. Throws
    /// IllegalState before the start, where no batch is due, and InvalidArgument for 0.
    void jump(std::size_t intervals)
    {
        if (runtime_.state() == State::initialized) {
            throw IllegalState{"sluice: TestEngine::jump(intervals), nextBatch(): called before "
                               "start(), so no batch would run"};
        }
        if (intervals == 0) {
            throw InvalidArgument{
                "sluice: TestEngine::jump(intervals): 0 given, must be at least 1"};
        }
        pass(runtime_.options().batchInterval * static_cast<Duration::rep>(intervals));
    }

    /// Asks for a stop and runs until nothing is left to do.
    void stop(Stop mode)
    {
        runtime_.requestStop(mode);
        executor_->run();
    }

private:
    Options complete(Options options)
    {
        if (options.batchInterval == Duration{}) { options.batchInterval = Duration{1000}; }
        options.io = executor_->executor();
        options.compute = executor_->executor();
        options.clock = clock_;
        options.reconnect.jitter = 0; // which no seed decides
        return options;
    }

    std::unique_ptr<DeterministicExecutor> executor_;
    std::shared_ptr<ManualClock> clock_;
    engine::Runtime runtime_;
};

} // namespace sluice::inline SLUICE_ABI::testing
