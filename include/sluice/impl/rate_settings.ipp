#pragma once

#include <sluice/engine/events.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/rate_controller.hpp>

#include <cstdint>
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

/// Shows the controller of the source `streamId` how a batch went.
inline void learn(
    engine::RateController& controller, const BatchCompleted& batch, std::uint32_t streamId)
{
    for (const BatchInput& input : batch.inputs) {
        if (input.streamId == streamId) {
            controller.batchCompleted(
                *batch.ended, input.records, *batch.processingTime(), *batch.schedulingDelay());
        }
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
