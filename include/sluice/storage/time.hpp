#pragma once

#include <chrono>
#include <string>

namespace sluice {

/// Batch intervals, windows, timeouts: whole milliseconds.
using Duration = std::chrono::milliseconds;

/// A batch time: milliseconds since the Unix epoch.
using Time = std::chrono::sys_time<Duration>;

/// A point of a clock: nanoseconds since the Unix epoch.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Spark's text form of a time or duration: `1500 ms`.
[[nodiscard]] inline std::string toString(Duration duration)
{
    return std::to_string(duration.count()) + " ms";
}

[[nodiscard]] inline std::string toString(Time time)
{
    return toString(time.time_since_epoch());
}

} // namespace sluice
