#pragma once

#include <sluice/dstream/describe.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void appendName(std::string& names, std::string_view name)
{
    if (name.empty()) { return; }
    if (!names.empty()) { names += " | "; }
    names += name;
}

} // namespace sluice::detail::inline SLUICE_ABI
