#pragma once

#include <sluice/dstream/take.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void TakeStage::close(const engine::BatchContext&)
{
    std::size_t left = count_;
    for (const AnyPartition& partition : input()) {
        if (left == 0) { return; }
        output_.push_back(partition);
        if (partition.size > left) {
            output_.back().size = left;
            output_.back().weight = left;
        }
        left -= output_.back().size;
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
