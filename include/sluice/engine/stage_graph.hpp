#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/crew.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/stage.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// All stages that the registered outputs need, each after its inputs; run once per batch.
class StageGraph {
public:
    /// What became of one batch.
    struct Outcome {
        std::vector<StageReport> stages;
        std::exception_ptr failure; ///< the first one, empty where all went well
    };

    StageGraph(std::vector<std::shared_ptr<Output>> outputs, unsigned maxTaskFailures);

    /// Runs every stage whose inputs went well, then commits the outputs that did, in registration
    /// order. To be awaited on the compute executor, one batch at a time.
    Awaitable<Outcome> run(BatchContext batch, std::shared_ptr<Crew> crew);

    [[nodiscard]] std::vector<Stage*> stages() const;

private:
    struct Node {
        std::shared_ptr<Stage> stage;
        std::vector<std::size_t> inputs;
        std::vector<std::size_t> dependents;
        double nanosPerWeight = -1; // not known yet
    };

    std::size_t add(const std::shared_ptr<Stage>& stage);
    Awaitable<void> runStage(Node& node, const BatchContext& batch, Crew& crew, Outcome& outcome);
    void commitOutputs(const BatchContext& batch, Outcome& outcome);

    std::vector<std::shared_ptr<Output>> outputs_;
    std::vector<std::size_t> outputNodes_;
    std::vector<Node> nodes_;
    unsigned maxTaskFailures_;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/stage_graph.ipp>
#endif
