#pragma once

#include <sluice/streaming_context.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL std::vector<Event> StreamingContext::events(std::uint64_t from)
{
    return runtime_.events().since(from);
}

} // namespace sluice::inline SLUICE_ABI
