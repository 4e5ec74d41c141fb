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
    std::string text = "unknown exception";
    try {
        std::rethrow_exception(cause);
    } catch (const std::exception& error) {
        text = error.what();
    } catch (...) { // not a std::exception: nothing more is known
    }
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
    StageRun(Stage& stage, Time time, unsigned maxTaskFailures)
        : stage_{stage}, time_{time}, maxTaskFailures_{maxTaskFailures}
    {
    }

    void run(std::size_t task) noexcept override
    {
        if (failed_.load(std::memory_order_relaxed)) { return; }
        const EngineThreadScope scope;
        TaskContext context;
        for (unsigned attempt = 1;; ++attempt) {
            try {
                return stage_.runTask(task, context);
            } catch (...) {
                if (attempt == maxTaskFailures_) { return fail(context, attempt); }
                retries_.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }

    [[nodiscard]] std::exception_ptr failure() const { return failure_; }
    [[nodiscard]] std::size_t retries() const { return retries_.load(std::memory_order_relaxed); }

private:
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
    std::atomic<bool> failed_{false};
    std::atomic<std::size_t> retries_{0};
    std::mutex mutex_;
    std::exception_ptr failure_;
};

/// Adds up the time that tasks take when several threads work on them.
class TimedTasks final : public TaskSet {
public:
    explicit TimedTasks(TaskSet& tasks) : tasks_{tasks} {}

    void run(std::size_t task) noexcept override
    {
        const auto from = std::chrono::steady_clock::now();
        tasks_.run(task);
        busy_.fetch_add(
            (std::chrono::steady_clock::now() - from).count(), std::memory_order_relaxed);
    }

    [[nodiscard]] std::chrono::nanoseconds busy() const
    {
        return std::chrono::nanoseconds{busy_.load(std::memory_order_relaxed)};
    }

private:
    TaskSet& tasks_;
    std::atomic<std::chrono::nanoseconds::rep> busy_{0};
};
} // namespace detail

SLUICE_DECL StageGraph::StageGraph(
    std::vector<std::shared_ptr<Output>> outputs, unsigned maxTaskFailures)
    : outputs_{std::move(outputs)}, maxTaskFailures_{maxTaskFailures}
{
    for (const auto& output : outputs_) {
        outputNodes_.push_back(add(output));
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
    const std::size_t index = nodes_.size();
    for (std::size_t input : inputs) {
        nodes_[input].dependents.push_back(index);
    }
    nodes_.push_back({stage, std::move(inputs), {}, -1});
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
    Node& node, const BatchContext& batch, Crew& crew, Outcome& outcome)
{
    Stage& stage = *node.stage;
    StageReport& report = outcome.stages.back();
    detail::StageRun run{stage, batch.time(), maxTaskFailures_};
    std::exception_ptr failure;
    const auto from = std::chrono::steady_clock::now();
    try {
        const detail::EngineThreadScope scope;
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
    std::chrono::nanoseconds busy{};
    if (!failure && report.tasks > 1 && batch.parallelism > 1 && worthForking) {
        detail::TimedTasks timed{run};
        co_await crew.run(timed, report.tasks);
        busy = timed.busy();
    } else if (!failure) {
        for (std::size_t task = 0; task < report.tasks; ++task) {
            run.run(task);
        }
        busy = std::chrono::steady_clock::now() - from;
    }
    if (!failure) { failure = run.failure(); }
    if (!failure) {
        try {
            const detail::EngineThreadScope scope;
            stage.close(batch);
        } catch (...) {
            failure = detail::describeFailure(stage, batch.time(), 0, 1);
        }
    }
    report.elapsed = std::chrono::steady_clock::now() - from;
    report.retries = run.retries();
    report.failed = failure != nullptr;
    if (failure && !outcome.failure) { outcome.failure = failure; }
    if (report.weight > 0 && !failure) {
        const double now = static_cast<double>(busy.count()) / weight;
        node.nanosPerWeight = node.nanosPerWeight < 0 ? now : (3 * node.nanosPerWeight + now) / 4;
    }
}

SLUICE_DECL asio::awaitable<StageGraph::Outcome> StageGraph::run(
    BatchContext batch, std::shared_ptr<Crew> crew)
{
    Outcome outcome;
    outcome.stages.reserve(nodes_.size());
    for (Node& node : nodes_) {
        node.stage->gate().arm(node.inputs.size() + node.stage->otherGates());
        node.stage->armed();
    }
    for (Node& node : nodes_) {
        outcome.stages.emplace_back();
        StageReport& report = outcome.stages.back();
        report.stage = node.stage->info().id;
        report.name = node.stage->info().name;
        if (!node.stage->gate().isOpen()) { co_await node.stage->gate().opened(); }
        report.skipped = std::any_of(node.inputs.begin(), node.inputs.end(),
            [&](std::size_t i) { return outcome.stages[i].failed || outcome.stages[i].skipped; });
        if (!report.skipped) { co_await runStage(node, batch, *crew, outcome); }
        for (std::size_t dependent : node.dependents) {
            nodes_[dependent].stage->gate().complete();
        }
    }
    commitOutputs(batch, outcome);
    for (Node& node : nodes_) {
        node.stage->release();
    }
    co_return outcome;
}

SLUICE_DECL void StageGraph::commitOutputs(const BatchContext& batch, Outcome& outcome)
{
    const detail::EngineThreadScope scope;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        StageReport& report = outcome.stages[outputNodes_[i]];
        if (report.failed || report.skipped) { continue; }
        const auto from = std::chrono::steady_clock::now();
        try {
            outputs_[i]->commit(batch);
        } catch (...) {
            report.failed = true;
            auto failure = detail::describeFailure(*outputs_[i], batch.time(), 0, 1);
            if (!outcome.failure) { outcome.failure = std::move(failure); }
        }
        report.elapsed += std::chrono::steady_clock::now() - from;
    }
}

namespace detail {
inline void explainInto(std::string& text, std::vector<const Stage*>& seen, const Stage& stage)
{
    if (std::find(seen.begin(), seen.end(), &stage) != seen.end()) { return; }
    seen.push_back(&stage);
    for (const auto& input : stage.inputs()) {
        explainInto(text, seen, *input);
    }
    const StageInfo& info = stage.info();
    text += "stage " + std::to_string(info.id) + ": " + info.fused;
    for (std::size_t i = 0; i < stage.inputs().size(); ++i) {
        text += i == 0 ? "  <- stage " : ", stage ";
        text += std::to_string(stage.inputs()[i]->info().id);
    }
    text += '\n';
}
} // namespace detail

SLUICE_DECL std::string explain(const std::vector<std::shared_ptr<Stage>>& ends)
{
    std::string text;
    std::vector<const Stage*> seen;
    for (const auto& end : ends) {
        detail::explainInto(text, seen, *end);
    }
    return text;
}

} // namespace sluice::inline SLUICE_ABI::engine
