#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/task_error.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/deterministic_executor.hpp>
#include <sluice/testing/manual_clock.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// The records of some batches, one after the other.
template <class T>
using Batches = std::vector<std::vector<T>>;

/// How `runBatches` runs a pipeline.
struct RunOptions {
    std::size_t partitions = 1;  ///< that the records of each batch are cut into
    std::size_t parallelism = 1; ///< what the stages are told
    std::size_t defaultPartitions = 4;
    std::uint64_t seed = 0; ///< of the order in which handlers run
    unsigned maxTaskFailures = 1;
    OnBatchFailure onBatchFailure = OnBatchFailure::stop;
};

/// How a run failed.
struct RunFailure {
    std::string operatorName;
    std::size_t batchIndex = 0;
    std::size_t partition = 0;
    std::string message;
};

template <class T>
struct RunResult {
    Batches<T> batches; ///< the records that came out, batch by batch
    std::vector<Batch<T>>
        kept; ///< the same with their partitions; keeps the memory under views alive
    std::optional<RunFailure> failure;
};

/// An engine without threads or real time: a runtime on a deterministic executor and a manual
/// clock.
class TestEngine {
public:
    explicit TestEngine(Options options, std::uint64_t seed = 0)
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

    /// Lets one batch interval pass and runs everything that it brings about.
    void nextBatch()
    {
        clock_->advance(runtime_.options().batchInterval);
        executor_->run();
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
        return options;
    }

    std::unique_ptr<DeterministicExecutor> executor_;
    std::shared_ptr<ManualClock> clock_;
    engine::Runtime runtime_;
};

namespace detail {
/// `records` cut into `partitions` runs of about equal length.
template <class T>
std::vector<std::vector<T>> cutInto(const std::vector<T>& records, std::size_t partitions)
{
    std::vector<std::vector<T>> parts(partitions);
    for (std::size_t i = 0; i < partitions; ++i) {
        const auto from =
            records.begin() + static_cast<std::ptrdiff_t>(records.size() * i / partitions);
        const auto to =
            records.begin() + static_cast<std::ptrdiff_t>(records.size() * (i + 1) / partitions);
        parts[i].assign(from, to);
    }
    return parts;
}

inline RunFailure describe(const std::exception_ptr& failure, Duration interval)
{
    try {
        std::rethrow_exception(failure);
    } catch (const TaskError& error) {
        const auto index = error.batchTime().time_since_epoch() / interval - 1;
        return {
            error.operatorName(), static_cast<std::size_t>(index), error.partition(), error.what()};
    } catch (const std::exception& error) {
        return {"", 0, 0, error.what()};
    }
}

inline std::optional<RunFailure> failureOf(engine::Runtime& runtime)
{
    try {
        runtime.awaitTermination();
        return std::nullopt;
    } catch (...) {
        return describe(std::current_exception(), runtime.options().batchInterval);
    }
}
} // namespace detail

/// Runs `pipeline` over `input`, one batch an interval, on a real engine without threads or real
/// time.
template <class T, Operator Op>
auto runBatches(const Batches<T>& input, const Op& pipeline, RunOptions options = {})
{
    Options engineOptions;
    engineOptions.parallelism = options.parallelism;
    engineOptions.defaultPartitions = options.defaultPartitions;
    engineOptions.maxTaskFailures = options.maxTaskFailures;
    engineOptions.onBatchFailure = options.onBatchFailure;
    TestEngine test{engineOptions, options.seed};
    BatchQueue<T> queue;
    for (const auto& records : input) {
        queue.pushPartitions(detail::cutInto(records, options.partitions));
    }
    const auto stream = queueStream(test.runtime(), queue) | pipeline;
    using U = typename decltype(stream)::Record;
    auto result = std::make_shared<RunResult<U>>();
    stream | foreachBatch([result](const Batch<U>& batch) {
        result->kept.push_back(batch);
        result->batches.emplace_back(batch.begin(), batch.end());
    });
    test.runtime().start();
    test.executor().run();
    for (std::size_t i = 0; i < input.size(); ++i) {
        test.nextBatch();
    }
    test.stop(Stop::now);
    result->failure = detail::failureOf(test.runtime());
    return std::move(*result);
}

} // namespace sluice::inline SLUICE_ABI::testing
