#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/time.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// What of a table does not depend on its types.
namespace sluice::detail::inline SLUICE_ABI {

/// The contents of a table, replaced as a whole and never changed. Safe to use from several
/// threads.
class Snapshots {
public:
    using Snapshot = std::shared_ptr<const void>;

    explicit Snapshots(Snapshot first);

    void set(Snapshot latest);
    [[nodiscard]] Snapshot latest() const;

    /// The one that a batch sees: the latest when it asks first, and that again from then on.
    [[nodiscard]] Snapshot of(const std::shared_ptr<const BatchMetadata>& batch);

    /// The batch is over, however long anybody keeps its metadata.
    void forget(const std::shared_ptr<const BatchMetadata>& batch);

private:
    struct Seen {
        std::weak_ptr<const BatchMetadata> batch;
        Snapshot snapshot;
    };

    /// Takes out what batches saw that were given up with their contexts.
    [[nodiscard]] std::vector<Seen> takeEnded();

    mutable std::mutex mutex_;
    Snapshot latest_;
    std::vector<Seen> seen_; // by batches under way: one for each context that uses the table
};

/// The snapshot that the current batch sees, for the loops that look records up in it.
using SeenSnapshot = std::shared_ptr<Snapshots::Snapshot>;

/// Lists the partitions of its input, and notes which snapshot of a table the batch sees. Moves and
/// copies no record; where records will have views into the snapshot, partitions own that too.
class TableStage final : public engine::Stage {
public:
    TableStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
        std::shared_ptr<Snapshots> table, SeenSnapshot seen, bool viewed);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext&) override;
    void release() noexcept override;

private:
    std::shared_ptr<Snapshots> table_;
    SeenSnapshot seen_;
    bool viewed_;
    std::shared_ptr<const BatchMetadata> batch_{}; // from `open` to `release`
};

/// Calls `refresh` on `compute` from the start of the context on: again each time `interval` after
/// it returned. What it throws is reported to the listeners under `name`.
void refreshEvery(
    engine::Runtime& runtime, Duration interval, std::function<void()> refresh, std::string name);

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/table.ipp>
#endif
