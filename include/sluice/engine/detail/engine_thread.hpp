#pragma once

#include <sluice/engine/config.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine::detail {

/// Whether this thread is inside an engine at the moment, so that waiting for an engine would
/// deadlock.
inline thread_local bool onEngineThread = false;

class EngineThreadScope {
public:
    EngineThreadScope() : before_{std::exchange(onEngineThread, true)} {}
    ~EngineThreadScope() { onEngineThread = before_; }
    EngineThreadScope(const EngineThreadScope&) = delete;
    EngineThreadScope& operator=(const EngineThreadScope&) = delete;

private:
    bool before_;
};

} // namespace sluice::inline SLUICE_ABI::engine::detail
