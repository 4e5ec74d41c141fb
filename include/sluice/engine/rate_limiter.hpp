#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace sluice::inline SLUICE_ABI::engine {

/// Says when a source may accept more so that it keeps to a smooth rate. It lives in the time it is
/// told and never waits itself. Not thread-safe.
///
/// What is taken is owed, and is paid off at the rate. One may run ahead by what the rate gives in
/// `slack`; who has run further waits until half of that is left, so that single records at a high
/// rate need one timer for each half of the slack and not one each. Time in which nothing is taken
/// earns nothing. So in any time `w` at most `rate * (w + slack)` records and the last take are
/// taken.
class RateLimiter {
public:
    /// No rate is set at first. A negative `slack` is none.
    explicit RateLimiter(std::chrono::nanoseconds slack);

    /// Nothing given means no limit, which forgives what is owed. From one rate to another, what is
    /// owed stays the same in records and is paid off at the new rate.
    ///
    /// - **Errors**: throws `InvalidArgument` for a rate that is zero, negative or not finite.
    void setRate(std::optional<double> recordsPerSecond, Instant now);

    [[nodiscard]] std::optional<double> rate() const { return rate_; }

    /// Counts records as taken; never refuses. A time before that of an earlier call counts as the
    /// time of that call.
    void take(std::size_t records, Instant now);

    /// The earliest time at which more may be taken: `now` if that is at once, and never more than
    /// a century ahead.
    [[nodiscard]] Instant due(Instant now) const;

private:
    [[nodiscard]] double owedAt(Instant now) const;
    void settle(Instant now);
    void noteWhetherAhead();

    double slack_; // seconds
    std::optional<double> rate_;
    double owed_ = 0; // records, at `settled_`
    Instant settled_ = Instant::min();
    bool ahead_ = false; // ran out of slack, and has to fall back to half of it
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/rate_limiter.ipp>
#endif
