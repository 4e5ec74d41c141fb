#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/crew.hpp>
#include <sluice/engine/events.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/stage.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// Told of what the output operations do, on the thread that does it.
class OutputObserver {
public:
    virtual ~OutputObserver() = default;
    /// Output operation number `output` is about to run.
    virtual void outputStarted(std::size_t output) = 0;
    /// It has committed, or `failure` says why not.
    virtual void outputCompleted(std::size_t output, const std::exception_ptr& failure) = 0;
};

/// Whether `failure`, which there is, says that a batch was cut short by a stop.
[[nodiscard]] bool isAbandoned(const std::exception_ptr& failure);

/// All stages that the registered outputs need, each after its inputs; run once per batch.
class StageGraph {
public:
    /// What became of one batch.
    struct Outcome {
        std::vector<StageReport> stages; ///< of those that were due
        std::exception_ptr failure;      ///< the first one, empty where all went well
    };

    StageGraph(std::vector<std::shared_ptr<Output>> outputs, unsigned maxTaskFailures,
        OnRecordFailure onRecordFailure = OnRecordFailure::fail);

    /// Runs every stage that is due in this batch and whose inputs went well, then commits the
    /// outputs that did, in registration order. To be awaited on the compute executor, one batch at
    /// a time.
    Awaitable<Outcome> run(
        BatchContext batch, std::shared_ptr<Crew> crew, OutputObserver* observer = nullptr);

    [[nodiscard]] std::vector<Stage*> stages() const;

private:
    static constexpr std::size_t noOutput = static_cast<std::size_t>(-1);

    struct Node {
        std::shared_ptr<Stage> stage;
        std::vector<std::size_t> inputs;
        std::vector<std::size_t> dependents;
        std::size_t output = noOutput; // number of the output operation that it is
        double nanosPerWeight = -1;    // not known yet
        // Of the batch that is run:
        StageReport* report = nullptr; // none where it does not run
        std::exception_ptr failure;    // its own or the one it hangs on
    };

    std::size_t add(const std::shared_ptr<Stage>& stage);
    void arm(const BatchContext& batch, std::vector<StageReport>& reports);
    Awaitable<void> runStage(Node& node, const BatchContext& batch, Crew& crew);
    Awaitable<std::exception_ptr> suspendIn(
        Stage& stage, const BatchContext& batch, StageReport& report);
    void commitOutputs(const BatchContext& batch, Outcome& outcome, OutputObserver* observer);
    [[nodiscard]] std::exception_ptr failureOfInputs(const Node& node) const;

    std::vector<std::shared_ptr<Output>> outputs_;
    std::vector<std::size_t> outputNodes_;
    std::vector<Node> nodes_;
    unsigned maxTaskFailures_;
    bool skips_; // records that fail
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/stage_graph.ipp>
#endif
