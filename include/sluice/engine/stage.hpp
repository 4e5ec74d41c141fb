#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/engine/skipped_records.hpp>
#include <sluice/partition/partitioning.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/partition.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

class History;
class Source;

/// What a stage sees of the batch it runs in.
struct BatchContext {
    std::shared_ptr<const BatchMetadata> metadata;
    std::size_t parallelism = 1; ///< threads that may work on a stage at once

    [[nodiscard]] Time time() const noexcept { return metadata->time; }
};

/// What a task tells its surroundings while it runs.
struct TaskContext {
    std::size_t partition = 0; ///< the one being worked on, for messages
};

/// What a stage that suspends is told, and tells.
struct SuspensionContext {
    unsigned maxFailures = 1; ///< how often what it waits for may fail
    bool skips = false;       ///< whether a record that fails is left out and counted
    std::size_t partition = 0;
    unsigned attempts = 1; ///< of what failed
    std::size_t retries = 0;
    SkippedRecords skipped{};
};

/// What a stage throws whose work a stop has cut short: the batch is given up, and nothing failed.
class Abandoned : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override
    {
        return "sluice: given up by a stop";
    }
};

/// What a stage is called, in plans, events and messages.
struct StageInfo {
    std::uint32_t id = 0; ///< stable: position within the graph, in order of creation
    std::string name;     ///< of its main operator
    std::string fused; ///< the operators of its loop, terminal included: `flatMap | map | combine`
    std::size_t partitions = 0;   ///< of what it makes, where the plan fixes that number
    Partitioning partitionedBy{}; ///< of the keys of what it makes, where that is known
};

/// `info` of a stage that makes this many partitions in every batch.
[[nodiscard]] inline StageInfo withPartitions(StageInfo&& info, std::size_t partitions)
{
    info.partitions = partitions;
    return std::move(info);
}

/// `info` of a stage that makes partitions in which keys lie as `by` says.
[[nodiscard]] inline StageInfo withPartitions(StageInfo&& info, const Partitioning& by)
{
    info.partitions = by.partitions();
    info.partitionedBy = by;
    return std::move(info);
}

/// A set of tasks with no shuffle inside: its input is materialised partitions, its body one fused
/// loop.
///
/// One batch is `open`, `runTask` for each task, on any threads, `work` where it suspends, `close`,
/// and `release` when nobody needs the batch any more. Only `runTask` is called from several
/// threads at once. A stage runs in one batch of every `slide()`.
class Stage {
public:
    using Inputs = std::vector<std::shared_ptr<Stage>>;

    struct Work {
        std::size_t tasks = 0;
        std::size_t weight = 0; ///< how much there is to do, in the stage's own unit
    };

    /// Throws InvalidArgument where the inputs have different slides.
    Stage(StageInfo&& info, Inputs&& inputs);
    Stage(StageInfo&& info, std::shared_ptr<Stage> input);
    virtual ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// It is part of a graph that is about to run: the time to ask something of its inputs, for a
    /// stage that is in none should cost nothing.
    virtual void planned() {}

    /// Looks at its inputs, which are closed, and says how much there is to do.
    virtual Work open(const BatchContext& batch) = 0;

    /// Runs one task to its end. What it throws fails the task, which may then be run again.
    virtual void runTask(std::size_t task, TaskContext& context) = 0;

    /// Whether `work` is to be awaited.
    [[nodiscard]] virtual bool suspends() const noexcept { return false; }

    /// Work that waits for the outside world and must not hold a thread meanwhile. Awaited on the
    /// compute executor, after the tasks. What it throws fails the batch, and is not tried again.
    virtual Awaitable<void> work(SuspensionContext& context);

    /// A stop cannot wait for others any longer: ends what `work` awaits and completes what holds
    /// the gate closed. On `io`, at any time.
    virtual void abandon() {}

    /// Whether something that `work` awaited did not let itself be ended, and is not waited for.
    [[nodiscard]] virtual bool leftBehind() const noexcept { return false; }

    /// All tasks are done: makes the results known to the stages behind.
    virtual void close(const BatchContext&) {}

    /// Lets go of what belongs to the batch, whether it went well or not.
    virtual void release() noexcept;

    /// What the stages behind it read, from `close` to `release`.
    [[nodiscard]] const std::vector<AnyPartition>& partitions() const noexcept { return output_; }

    /// Completions of its gate that the stage waits for besides its inputs.
    [[nodiscard]] virtual std::size_t otherGates() const { return 0; }

    /// Its gate is armed for a batch: from here on `gate().complete()` may be called for the other
    /// gates.
    virtual void armed() {}

    /// The source behind a stage that brings records in.
    [[nodiscard]] virtual Source* source() noexcept { return nullptr; }

    [[nodiscard]] const StageInfo& info() const noexcept { return info_; }
    [[nodiscard]] const Inputs& inputs() const noexcept { return inputs_; }
    /// The partitions of its first input.
    [[nodiscard]] const std::vector<AnyPartition>& input() const noexcept
    {
        return inputs_.front()->partitions();
    }
    [[nodiscard]] Gate& gate() noexcept { return gate_; }

    /// Batches from one of its own to the next: that of its inputs, and 1 for a source.
    [[nodiscard]] std::uint64_t slide() const noexcept { return slide_; }
    /// Whether it runs in a batch; its inputs do too then.
    [[nodiscard]] bool isDue(const BatchMetadata& batch) const noexcept
    {
        return (batch.index + 1) % slide_ == 0;
    }

    /// From now on its batches are kept for `span`, or for the longest span asked for before. To be
    /// called before the start.
    void rememberFor(Duration span);
    /// `close` went well.
    void closed(const BatchContext& batch);
    /// The batches that are kept; nothing where none are.
    [[nodiscard]] const History* history() const noexcept { return history_.get(); }

protected:
    /// Only in a constructor: a multiple of the slide of its inputs.
    void setSlide(std::uint64_t batches) noexcept { slide_ = batches; }

    std::vector<AnyPartition> output_;

private:
    StageInfo info_;
    Inputs inputs_;
    std::uint64_t slide_ = 1;
    Gate gate_;
    std::unique_ptr<History> history_;
};

/// A new stage behind a pointer whose control block does not depend on its type.
template <class NewStage, class Base = Stage, class... A>
[[nodiscard]] std::shared_ptr<Base> makeStage(A&&... arguments)
{
    return std::unique_ptr<Base>{new NewStage(std::forward<A>(arguments)...)};
}

/// A stage at the end of the graph: what makes a stream real.
class Output : public Stage {
public:
    using Stage::Stage;

    /// Makes the batch's result visible. Called once per batch, in registration order, never again.
    virtual void commit(const BatchContext& batch) = 0;

    /// What it writes to, where no other output of the context may write to the same.
    [[nodiscard]] virtual std::string target() const { return {}; }

    /// The context has stopped; no batch will follow.
    virtual void stopped(const std::exception_ptr& /*failure*/) {}
};

/// The stages that `ends` need, in the order in which they run, and what is fused in each: a line
/// each.
[[nodiscard]] std::string explain(const std::vector<std::shared_ptr<Stage>>& ends);

/// The same as a graph in Graphviz' DOT: an ellipse for each source, a box for each stage, a double
/// octagon for each output, an edge for each input.
[[nodiscard]] std::string explainDot(const std::vector<std::shared_ptr<Stage>>& ends);

/// A number that stays the same as long as the plan does, on every machine: from the id, name,
/// fused operators, inputs and fixed number of partitions of each stage that `ends` need.
[[nodiscard]] std::uint64_t fingerprint(const std::vector<std::shared_ptr<Stage>>& ends);

/// What `explain` says, and the fingerprint in 16 hexadecimal digits as a last line: `plan
/// 0123456789abcdef`.
[[nodiscard]] std::string planOf(const std::vector<std::shared_ptr<Stage>>& ends);

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/explain.ipp>
#include <sluice/impl/stage.ipp>
#endif
