#pragma once

#include <sluice/engine/config.hpp>

namespace sluice::inline SLUICE_ABI {

/// What a context goes through, once and in this order.
enum class State {
    initialized, ///< streams and outputs may be created
    active,      ///< started; nothing may be added
    stopped,     ///< for good
};

} // namespace sluice::inline SLUICE_ABI
