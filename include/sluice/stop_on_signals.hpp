#pragma once

#include <sluice/engine/runtime.hpp>

#include <csignal>
#include <initializer_list>

namespace sluice::inline SLUICE_ABI {

/// Stops a context gracefully when the process is sent one of `signals`, and at once when it is
/// sent a second one while that lasts.
///
/// To be called before `start()`. The signals are the context's from then until it has stopped or
/// was sent the second one. They do again what they do by default afterwards, so that a third one
/// ends a process whose batch hangs, which no stop can. Throws IllegalState once the context was
/// started.
///
/// - **Source**: Spark's shutdown hook with `stopGracefullyOnShutdown`.
void stopOnSignals(
    engine::Runtime& runtime, std::initializer_list<int> signals = {SIGINT, SIGTERM});

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/stop_on_signals.ipp>
#endif
