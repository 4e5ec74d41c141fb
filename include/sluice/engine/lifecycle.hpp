#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/engine/state.hpp>
#include <sluice/storage/time.hpp>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
// Longer times than a century overflow a clock that counts nanoseconds.
constexpr Duration longest = std::chrono::hours{24 * 36'525};

/// `wait`, or the nearest that a clock can wait.
constexpr Duration withinReason(Duration wait)
{
    if (wait < Duration{0}) { return Duration{0}; }
    return wait > longest ? longest : wait;
}
} // namespace detail

/// The state of a context, the failure that stopped it, and who waits for its end. Safe to use from
/// several threads.
class Lifecycle : public std::enable_shared_from_this<Lifecycle> {
public:
    [[nodiscard]] State state() const;
    [[nodiscard]] bool isStopped() const { return state() == State::stopped; }

    /// Throws IllegalState unless the context is new; `what` was called.
    void mustBeNew(std::string_view what) const;

    /// Whether it was new, and is active now. Throws IllegalState after a stop.
    bool activate();

    /// Whether it was new, and is stopped now.
    bool stopUnstarted();

    /// Keeps the first failure.
    void fail(std::exception_ptr failure);
    [[nodiscard]] std::exception_ptr failure() const;

    /// The state becomes stopped, and everyone goes on who waited for that.
    void stopped();

    /// Waits for the end, rethrows the failure; false where `timeout` is over first.
    [[nodiscard]] bool waitFor(std::optional<Duration> timeout) const;

    /// The same for a coroutine.
    static Awaitable<void> terminated(std::shared_ptr<Lifecycle> self);

private:
    mutable std::mutex mutex_;
    State state_ = State::initialized;
    std::exception_ptr failure_;
    mutable std::condition_variable condition_;
    Signal signal_;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/lifecycle.ipp>
#endif
