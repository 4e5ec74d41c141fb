#pragma once

#include <sluice/dstream/shuffle/detail/placement.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL std::optional<HashPartitioner> hashInto(
    std::optional<std::size_t> partitions, std::string_view call)
{
    if (!partitions) { return std::nullopt; }
    checkPartitions(*partitions, call);
    return HashPartitioner{*partitions};
}

SLUICE_DECL std::string terminalOf(std::string_view name, bool inPlace)
{
    return std::string{name} + (inPlace ? " in place" : "");
}

} // namespace sluice::detail::inline SLUICE_ABI
