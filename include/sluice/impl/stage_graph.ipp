#pragma once

#include <sluice/algebra/step_failure.hpp>
#include <sluice/engine/detail/engine_thread.hpp>
#include <sluice/engine/stage_graph.hpp>
#include <sluice/engine/task_error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
// Below this much work a stage runs on the thread that is there: waking another one costs about as
// much.
constexpr std::chrono::nanoseconds forkFrom{50'000};
// A stage that never ran is forked when it has at least this much weight.
constexpr std::size_t forkUnknownFrom = 10'000;

/// The exception being handled as the error that users see.
inline std::exception_ptr describeFailure(
    const Stage& stage, Time time, std::size_t partition, unsigned attempts)
{
    using sluice::detail::StepFailure;
    std::string name = stage.info().name;
    auto cause = std::current_exception();
    try {
        std::rethrow_exception(cause);
    } catch (const StepFailure& failure) {
        name = failure.operatorName();
        cause = failure.nested_ptr();
    } catch (...) { // the cause is the user's own exception already
    }
    const std::string text = textOf(cause);
    try {
        std::rethrow_exception(cause);
    } catch (...) {
        try {
            std::throw_with_nested(TaskError{name, time, partition, attempts, text});
        } catch (...) {
            return std::current_exception();
        }
    }
}

/// The tasks of one stage in one batch: retries them, keeps the first failure, adds up the time.
class StageRun final : public TaskSet {
public:
    StageRun(Stage& stage, Time time, unsigned maxTaskFailures, bool skips)
        : stage_{stage}, time_{time}, maxTaskFailures_{maxTaskFailures}, skips_{skips}
    {
    }

    void run(std::size_t task) noexcept override
    {
        if (failed_.load(std::memory_order_relaxed)) { return; }
        const EngineThreadScope scope;
        TaskContext context;
        for (unsigned attempt = 1;; ++attempt) {
            SkippedRecords skipped;
            const sluice::detail::SkipScope skipping{skips_ ? &skipped : nullptr};
            try {
                stage_.runTask(task, context);
                return addSkipped(std::move(skipped));
            } catch (...) {
                if (attempt == maxTaskFailures_) { return fail(context, attempt); }
                retries_.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }

    [[nodiscard]] std::exception_ptr failure() const { return failure_; }
    [[nodiscard]] std::size_t retries() const { return retries_.load(std::memory_order_relaxed); }
    [[nodiscard]] const SkippedRecords& skipped() const { return skipped_; }

private:
    void addSkipped(SkippedRecords&& skipped) noexcept
    {
        if (skipped.count == 0) { return; }
        const std::lock_guard lock{mutex_};
        if (skipped_.count == 0) { skipped_.first = std::move(skipped.first); }
        skipped_.count += skipped.count;
    }

    void fail(const TaskContext& context, unsigned attempts) noexcept
    {
        const std::lock_guard lock{mutex_};
        failed_.store(true, std::memory_order_relaxed);
        if (failure_) { return; }
        try {
            failure_ = describeFailure(stage_, time_, context.partition, attempts);
        } catch (...) {
            failure_ = std::current_exception(); // no memory for more words
        }
    }

    Stage& stage_;
    Time time_;
    unsigned maxTaskFailures_;
    bool skips_;
    std::atomic<bool> failed_{false};
    std::atomic<std::size_t> retries_{0};
    std::mutex mutex_;
    std::exception_ptr failure_;
    SkippedRecords skipped_;
};

/// Adds up the time that tasks take.
class TimedTasks final : public TaskSet {
public:
    explicit TimedTasks(TaskSet& tasks) : tasks_{tasks} {}

    void run(std::size_t task) noexcept override
    {
        const auto from = std::chrono::steady_clock::now();
        tasks_.run(task);
        const auto took = (std::chrono::steady_clock::now() - from).count();
        busy_.fetch_add(took, std::memory_order_relaxed);
        auto longest = longest_.load(std::memory_order_relaxed);
        while (took > longest &&
               !longest_.compare_exchange_weak(longest, took, std::memory_order_relaxed)) {}
    }

    [[nodiscard]] std::chrono::nanoseconds busy() const
    {
        return std::chrono::nanoseconds{busy_.load(std::memory_order_relaxed)};
    }
    [[nodiscard]] std::chrono::nanoseconds longest() const
    {
        return std::chrono::nanoseconds{longest_.load(std::memory_order_relaxed)};
    }

private:
    TaskSet& tasks_;
    std::atomic<std::chrono::nanoseconds::rep> busy_{0};
    std::atomic<std::chrono::nanoseconds::rep> longest_{0};
};

inline std::size_t recordsIn(const std::vector<AnyPartition>& partitions)
{
    std::size_t sum = 0;
    for (const AnyPartition& partition : partitions) {
        sum += partition.size;
    }
    return sum;
}
} // namespace detail

SLUICE_DECL bool isAbandoned(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Abandoned&) {
        return true;
    } catch (...) {
        return false;
    }
}

SLUICE_DECL StageGraph::StageGraph(std::vector<std::shared_ptr<Output>> outputs,
    unsigned maxTaskFailures, OnRecordFailure onRecordFailure)
    : outputs_{std::move(outputs)},
      maxTaskFailures_{maxTaskFailures},
      skips_{onRecordFailure == OnRecordFailure::skip}
{
    for (const auto& output : outputs_) {
        outputNodes_.push_back(add(output));
        nodes_[outputNodes_.back()].output = outputNodes_.size() - 1;
    }
}

SLUICE_DECL std::size_t StageGraph::add(const std::shared_ptr<Stage>& stage)
{
    auto known = std::find_if(
        nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.stage == stage; });
    if (known != nodes_.end()) { return static_cast<std::size_t>(known - nodes_.begin()); }
    std::vector<std::size_t> inputs;
    for (const auto& input : stage->inputs()) {
        inputs.push_back(add(input));
    }
    stage->planned();
    const std::size_t index = nodes_.size();
    for (std::size_t input : inputs) {
        nodes_[input].dependents.push_back(index);
    }
    Node node;
    node.stage = stage;
    node.inputs = std::move(inputs);
    nodes_.push_back(std::move(node));
    return index;
}

SLUICE_DECL std::vector<Stage*> StageGraph::stages() const
{
    std::vector<Stage*> all;
    all.reserve(nodes_.size());
    for (const Node& node : nodes_) {
        all.push_back(node.stage.get());
    }
    return all;
}

SLUICE_DECL asio::awaitable<void> StageGraph::runStage(
    Node& node, const BatchContext& batch, Crew& crew)
{
    Stage& stage = *node.stage;
    StageReport& report = *node.report;
    detail::StageRun run{stage, batch.time(), maxTaskFailures_, skips_};
    detail::TimedTasks timed{run};
    std::exception_ptr failure;
    const auto from = std::chrono::steady_clock::now();
    try {
        const detail::EngineThreadScope scope;
        for (const auto& input : stage.inputs()) {
            report.recordsIn += detail::recordsIn(input->partitions());
        }
        const Stage::Work work = stage.open(batch);
        report.tasks = work.tasks;
        report.weight = work.weight;
    } catch (...) {
        failure = detail::describeFailure(stage, batch.time(), 0, 1);
    }
    const auto weight = static_cast<double>(report.weight);
    const bool worthForking =
        node.nanosPerWeight < 0
            ? report.weight >= detail::forkUnknownFrom
            : node.nanosPerWeight * weight >= static_cast<double>(detail::forkFrom.count());
    if (!failure && report.tasks > 1 && batch.parallelism > 1 && worthForking) {
        co_await crew.run(timed, report.tasks);
    } else if (!failure) {
        for (std::size_t task = 0; task < report.tasks; ++task) {
            timed.run(task);
        }
    }
    if (!failure) { failure = run.failure(); }
    report.retries = run.retries();
    report.recordsSkipped = run.skipped().count;
    report.firstSkipped = run.skipped().first;
    if (!failure && stage.suspends()) { failure = co_await suspendIn(stage, batch, report); }
    if (!failure) {
        try {
            const detail::EngineThreadScope scope;
            stage.close(batch);
            stage.closed(batch);
            report.recordsOut = detail::recordsIn(stage.partitions());
        } catch (...) {
            failure = detail::describeFailure(stage, batch.time(), 0, 1);
        }
    }
    report.elapsed = std::chrono::steady_clock::now() - from;
    report.busy = timed.busy();
    report.longestTask = timed.longest();
    report.failed = failure != nullptr;
    node.failure = failure;
    if (report.weight > 0 && !failure) {
        // A stage without tasks works in `open` and `close`.
        const auto busy = report.tasks > 0 ? report.busy : report.elapsed;
        const double now = static_cast<double>(busy.count()) / weight;
        node.nanosPerWeight = node.nanosPerWeight < 0 ? now : (3 * node.nanosPerWeight + now) / 4;
    }
}

SLUICE_DECL asio::awaitable<std::exception_ptr> StageGraph::suspendIn(
    Stage& stage, const BatchContext& batch, StageReport& report)
{
    SuspensionContext context;
    context.maxFailures = maxTaskFailures_;
    context.skips = skips_;
    std::exception_ptr failure;
    try {
        co_await stage.work(context);
    } catch (const Abandoned&) {
        failure = std::current_exception();
    } catch (...) {
        failure = detail::describeFailure(stage, batch.time(), context.partition, context.attempts);
    }
    report.retries += context.retries;
    report.recordsSkipped += context.skipped.count;
    if (report.firstSkipped.empty()) { report.firstSkipped = std::move(context.skipped.first); }
    co_return failure;
}

SLUICE_DECL std::exception_ptr StageGraph::failureOfInputs(const Node& node) const
{
    for (const std::size_t input : node.inputs) {
        if (nodes_[input].failure) { return nodes_[input].failure; }
    }
    return nullptr;
}

/// Prepares the stages that are due in a batch, and no others: a gate of an output that is not due
/// must not be waited for.
SLUICE_DECL void StageGraph::arm(const BatchContext& batch, std::vector<StageReport>& reports)
{
    reports.reserve(nodes_.size()); // so that they stay where they are
    for (Node& node : nodes_) {
        node.failure = nullptr;
        node.report = nullptr;
        if (!node.stage->isDue(*batch.metadata)) { continue; }
        node.report = &reports.emplace_back();
        node.report->stage = node.stage->info().id;
        node.report->name = node.stage->info().name;
        node.stage->gate().arm(node.inputs.size() + node.stage->otherGates());
        node.stage->armed();
    }
}

SLUICE_DECL asio::awaitable<StageGraph::Outcome> StageGraph::run(
    BatchContext batch, std::shared_ptr<Crew> crew, OutputObserver* observer)
{
    Outcome outcome;
    arm(batch, outcome.stages);
    for (Node& node : nodes_) {
        if (node.report == nullptr) { continue; }
        if (!node.stage->gate().isOpen()) { co_await node.stage->gate().opened(); }
        if (observer != nullptr && node.output != noOutput) {
            observer->outputStarted(node.output);
        }
        node.failure = failureOfInputs(node);
        node.report->skipped = node.failure != nullptr;
        if (!node.report->skipped) { co_await runStage(node, batch, *crew); }
        if (node.report->failed && (!outcome.failure || isAbandoned(outcome.failure))) {
            outcome.failure = node.failure;
        }
        for (std::size_t dependent : node.dependents) {
            if (nodes_[dependent].report != nullptr) { nodes_[dependent].stage->gate().complete(); }
        }
    }
    commitOutputs(batch, outcome, observer);
    for (Node& node : nodes_) {
        if (node.report == nullptr) { continue; }
        node.failure = nullptr;
        node.report = nullptr;
        node.stage->release();
    }
    co_return outcome;
}

SLUICE_DECL void StageGraph::commitOutputs(
    const BatchContext& batch, Outcome& outcome, OutputObserver* observer)
{
    const detail::EngineThreadScope scope;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        const Node& node = nodes_[outputNodes_[i]];
        if (node.report == nullptr) { continue; }
        std::exception_ptr failure = node.failure;
        if (!failure) {
            const auto from = std::chrono::steady_clock::now();
            try {
                outputs_[i]->commit(batch);
            } catch (...) {
                node.report->failed = true;
                failure = detail::describeFailure(*outputs_[i], batch.time(), 0, 1);
                if (!outcome.failure || isAbandoned(outcome.failure)) { outcome.failure = failure; }
            }
            node.report->elapsed += std::chrono::steady_clock::now() - from;
        }
        if (observer != nullptr) { observer->outputCompleted(i, failure); }
    }
}

} // namespace sluice::inline SLUICE_ABI::engine
