#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/rate_controller.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL RateController::RateController(const RateSettings& settings)
    : enabled_{settings.enabled},
      maxRate_{settings.maxRate},
      initialRate_{settings.initialRate},
      minRate_{settings.pid.minRate},
      estimator_{settings.batchInterval, settings.pid}
{
    const auto check = [](const char* option, const std::optional<double>& rate) {
        if (rate && (!(*rate > 0) || !std::isfinite(*rate))) {
            throw InvalidArgument{std::string{"sluice: "} + option + ": " + std::to_string(*rate) +
                                  " records per second given, must be finite and positive; leave "
                                  "it empty for no limit"};
        }
    };
    check("maxRate", maxRate_);
    check("initialRate", initialRate_);
}

SLUICE_DECL std::optional<double> RateController::limit() const
{
    const std::optional<double> wanted = latestRate_ ? std::optional{headroom * *latestRate_}
                                         : firstSpeed_ && !initialRate_
                                             ? std::optional{headroom * *firstSpeed_}
                                             : initialRate_;
    if (!wanted || !maxRate_) { return wanted ? wanted : maxRate_; }
    return std::min(*wanted, *maxRate_);
}

SLUICE_DECL void RateController::batchCompleted(Instant ended, std::size_t records,
    std::chrono::nanoseconds processing, std::chrono::nanoseconds scheduling)
{
    if (!enabled_) { return; }
    const auto inMs = [](std::chrono::nanoseconds time) {
        return std::chrono::duration<double, std::milli>{time}.count();
    };
    const std::optional<double> rate = estimator_.compute(inMs(ended.time_since_epoch()),
        static_cast<double>(records), inMs(processing), inMs(scheduling));
    if (rate && *rate >= 1) { latestRate_ = std::trunc(*rate); }
    if (!firstSpeed_ && records > 0 && processing.count() > 0) {
        firstSpeed_ = std::max(minRate_, static_cast<double>(records) * 1000 / inMs(processing));
    }
}

} // namespace sluice::inline SLUICE_ABI::engine
