#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/storage/partition.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

/// A stage whose result are the partitions of a batch of `T`: what a stream has as its parent.
template <class T>
class Producer : public engine::Stage {
public:
    using Stage::Stage;

    /// Valid from `close` to `release`.
    [[nodiscard]] const std::vector<Partition<T>>& partitions() const noexcept { return output_; }

    void release() noexcept override { output_.clear(); }

protected:
    std::vector<Partition<T>> output_;
};

} // namespace sluice::inline SLUICE_ABI
