#pragma once

#include <sluice/dstream/union.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void UnionStage::close(const engine::BatchContext&)
{
    for (const auto& stage : inputs()) {
        const auto& partitions = stage->partitions();
        output_.insert(output_.end(), partitions.begin(), partitions.end());
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
