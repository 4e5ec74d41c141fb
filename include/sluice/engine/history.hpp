#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/partition.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// What a stage made in one batch.
struct RememberedBatch {
    std::shared_ptr<const BatchMetadata> metadata;
    std::vector<AnyPartition> partitions;
};

/// The batches that a stage made in the last so many milliseconds. Partitions are shared with
/// whoever else reads them, never copied. Safe to use from several threads.
class History {
public:
    using Batches = std::vector<std::shared_ptr<const RememberedBatch>>;

    /// Keeps what is younger than `span`, or than the longest span asked for before.
    void keepFor(Duration span);

    /// Adds the newest batch and forgets what has become too old by its time.
    void add(std::shared_ptr<const BatchMetadata> metadata, std::vector<AnyPartition> partitions);

    /// Those with a time from `from` to `to`, both included, oldest first.
    [[nodiscard]] Batches between(Time from, Time to) const;

private:
    mutable std::mutex mutex_;
    Duration span_{};
    std::deque<std::shared_ptr<const RememberedBatch>> batches_; // oldest first
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/history.ipp>
#endif
