#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <memory>

namespace sluice::inline SLUICE_ABI {

/// One wait at a time on a clock. To be used on the executor that it was made for.
class Timer {
public:
    virtual ~Timer() = default;

    /// Suspends until the clock shows `instant` or `cancel` is called, whichever is first.
    virtual Awaitable<void> waitUntil(Instant instant) = 0;

    /// Ends the wait under way, if there is one.
    virtual void cancel() = 0;
};

/// The time that a context lives by: the system's, or one that a test sets by hand.
class Clock {
public:
    virtual ~Clock() = default;

    [[nodiscard]] virtual Instant now() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Timer> makeTimer(asio::any_io_executor executor) = 0;
};

/// Reads the system clock once and runs by the steady clock from there on, so that batch times stay
/// evenly spaced when the system clock is set.
[[nodiscard]] std::shared_ptr<Clock> makeSystemClock();

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/clock.ipp>
#endif
