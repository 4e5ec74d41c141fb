#pragma once

#include <sluice/engine/options.hpp>
#include <sluice/engine/rate_controller.hpp>

#include <optional>

namespace sluice::detail::inline SLUICE_ABI {

/// What `options` say of a source's rate, with a `maxRate` that is the source's as a whole.
inline engine::RateSettings rateSettings(const Options& options, std::optional<double> maxRate)
{
    engine::RateSettings settings;
    settings.enabled = options.backpressure.enabled;
    settings.pid = options.backpressure.pid;
    settings.maxRate = maxRate;
    settings.initialRate = options.initialRate;
    settings.batchInterval = options.batchInterval;
    return settings;
}

} // namespace sluice::detail::inline SLUICE_ABI
