#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/rate_limiter.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL RateLimiter::RateLimiter(std::chrono::nanoseconds slack)
    : slack_{std::max(0.0, static_cast<double>(slack.count()) / 1e9)}
{
}

SLUICE_DECL void RateLimiter::setRate(std::optional<double> recordsPerSecond, Instant now)
{
    if (recordsPerSecond && (!(*recordsPerSecond > 0) || !std::isfinite(*recordsPerSecond))) {
        throw InvalidArgument{"sluice: a rate limit of " + std::to_string(*recordsPerSecond) +
                              " records per second given, must be finite and positive"};
    }
    settle(now);
    rate_ = recordsPerSecond;
    if (!rate_) {
        owed_ = 0;
        ahead_ = false;
    }
    noteWhetherAhead();
}

SLUICE_DECL void RateLimiter::take(std::size_t records, Instant now)
{
    settle(now);
    if (!rate_) { return; }
    owed_ += static_cast<double>(records);
    noteWhetherAhead();
}

SLUICE_DECL Instant RateLimiter::due(Instant now) const
{
    if (!ahead_) { return now; }
    const Instant from = std::max(now, settled_);
    const double nanoseconds = (owedAt(from) / *rate_ - slack_ / 2) * 1e9;
    // Less than a nanosecond is what rounding leaves of a wait that is over.
    if (!(nanoseconds >= 1)) { return now; }
    constexpr std::chrono::nanoseconds century = std::chrono::years{100};
    const std::chrono::nanoseconds wait = nanoseconds < static_cast<double>(century.count())
                                              ? std::chrono::nanoseconds{std::llround(nanoseconds)}
                                              : century;
    return from > Instant::max() - wait ? Instant::max() : from + wait;
}

SLUICE_DECL double RateLimiter::owedAt(Instant now) const
{
    if (!(owed_ > 0) || now <= settled_) { return owed_; }
    // Exact also where the signed difference would overflow.
    const std::uint64_t passed = static_cast<std::uint64_t>(now.time_since_epoch().count()) -
                                 static_cast<std::uint64_t>(settled_.time_since_epoch().count());
    return std::max(0.0, owed_ - *rate_ * (static_cast<double>(passed) / 1e9));
}

SLUICE_DECL void RateLimiter::settle(Instant now)
{
    if (now <= settled_) { return; }
    owed_ = owedAt(now);
    settled_ = now;
    if (ahead_ && due(now) <= now) { ahead_ = false; }
}

SLUICE_DECL void RateLimiter::noteWhetherAhead()
{
    if (rate_ && owed_ > *rate_ * slack_) { ahead_ = true; }
}

} // namespace sluice::inline SLUICE_ABI::engine
