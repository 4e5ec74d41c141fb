#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/clock.hpp>
#include <sluice/engine/lifecycle.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/impl/rate_settings.ipp>
#include <sluice/partition/partitioning.hpp> // checkPartitions

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
// Threads that a pool may have: far more than a machine runs at once, fewer than it can start.
constexpr std::size_t mostParallelism = 4096;

inline Options checked(Options options)
{
    const auto refuse = [](const std::string& text) { throw InvalidArgument{"sluice: " + text}; };
    if (options.batchInterval < Duration{1}) {
        refuse(
            "batchInterval: " + toString(options.batchInterval) + " given, must be at least 1 ms");
    }
    if (options.parallelism > mostParallelism) {
        refuse("parallelism: " + sluice::detail::asGiven(options.parallelism) +
               " given, must be 1 to " + std::to_string(mostParallelism) +
               ", or 0 for as many as the machine has cores");
    }
    sluice::detail::checkPartitions(options.defaultPartitions, "defaultPartitions");
    if (options.maxTaskFailures == 0) { refuse("maxTaskFailures: 0 given, must be at least 1"); }
    if (options.maxBufferedBytes == 0) { refuse("maxBufferedBytes: 0 given, must be at least 1"); }
    if (options.maxLineBytes == 0) { refuse("maxLineBytes: 0 given, must be at least 1"); }
    const Reconnect& reconnect = options.reconnect;
    if (reconnect.first < Duration{1} || reconnect.atMost < reconnect.first) {
        refuse("reconnect: first " + toString(reconnect.first) + ", atMost " +
               toString(reconnect.atMost) + " given, must be at least 1 ms and first <= atMost");
    }
    if (!(reconnect.jitter >= 0 && reconnect.jitter < 1)) {
        refuse("reconnect.jitter: " + std::to_string(reconnect.jitter) +
               " given, must be from 0 to below 1");
    }
    if (options.gracefulStopTimeout && *options.gracefulStopTimeout < Duration{0}) {
        refuse("gracefulStopTimeout: " + toString(*options.gracefulStopTimeout) +
               " given, must not be negative");
    }
    if (options.blockInterval && *options.blockInterval < Duration{1}) {
        refuse(
            "blockInterval: " + toString(*options.blockInterval) + " given, must be at least 1 ms");
    }
    (void)RateController{sluice::detail::rateSettings(options, options.maxRate)}; // checks rates
    if (options.batchInterval > longest / 100) {
        refuse(
            "batchInterval: " + toString(options.batchInterval) + " given, must be at most a year");
    }
    if (!options.gracefulStopTimeout) {
        options.gracefulStopTimeout = std::max(10 * options.batchInterval, Duration{10'000});
    }
    options.gracefulStopTimeout = std::min(*options.gracefulStopTimeout, longest);
    options.reconnect.first = std::min(options.reconnect.first, longest / 2);
    options.reconnect.atMost = std::min(options.reconnect.atMost, longest / 2);
    if (options.parallelism == 0) {
        options.parallelism = std::max(1U, std::thread::hardware_concurrency());
    }
    if (!options.clock) { options.clock = makeSystemClock(); }
    return options;
}
} // namespace detail

} // namespace sluice::inline SLUICE_ABI::engine
