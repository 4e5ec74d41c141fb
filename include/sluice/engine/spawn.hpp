#pragma once

#include <sluice/engine/config.hpp>

#include <exception>
#include <functional>

namespace sluice::inline SLUICE_ABI::engine {

// Plain functions over erased types: each further kind of handler that Asio sees costs every
// header-only user a third of a second.

/// Runs `function` on `executor`, not before this returns.
void post(const asio::any_io_executor& executor, std::function<void()> function);

/// Runs `coroutine` on `executor` and then, there too, `ended` with what it threw.
void spawn(const asio::any_io_executor& executor, Awaitable<void> coroutine,
    std::function<void(std::exception_ptr)> ended);

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/spawn.ipp>
#endif
