#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/clock.hpp>
#include <sluice/engine/lifecycle.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/impl/rate_settings.ipp>

#include <algorithm>
#include <string>
#include <thread>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
inline Options checked(Options options)
{
    const auto refuse = [](const std::string& text) { throw InvalidArgument{"sluice: " + text}; };
    if (options.batchInterval < Duration{1}) {
        refuse(
            "batchInterval: " + toString(options.batchInterval) + " given, must be at least 1 ms");
    }
    if (options.defaultPartitions == 0) {
        refuse("defaultPartitions: 0 given, must be at least 1");
    }
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
