#pragma once

#include <sluice/dstream/detail/split_stage.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void PartStage::close(const engine::BatchContext&)
{
    const std::size_t count = input().size() / parts_;
    const auto from = input().begin() + static_cast<std::ptrdiff_t>(part_ * count);
    output_.assign(from, from + static_cast<std::ptrdiff_t>(count));
}

SLUICE_DECL std::shared_ptr<engine::Stage> makePart(engine::Runtime& runtime,
    std::shared_ptr<engine::Stage> split, std::size_t part, std::size_t parts)
{
    auto info = runtime.newStage(split->info().name + '[' + std::to_string(part) + ']');
    return engine::makeStage<PartStage>(std::move(info), std::move(split), part, parts);
}

} // namespace sluice::detail::inline SLUICE_ABI
