#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/rate_estimator.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL PidRateEstimator::PidRateEstimator(Duration batchInterval, const PidSettings& settings)
    : intervalMs_{static_cast<double>(batchInterval.count())}, settings_{settings}
{
    const auto refuse = [](const char* option, const std::string& value, const char* range) {
        throw InvalidArgument{
            std::string{"sluice: "} + option + ": " + value + " given, must be " + range};
    };
    const auto checkWeight = [&refuse](const char* option, double value) {
        if (!(value >= 0) || !std::isfinite(value)) {
            refuse(option, std::to_string(value), "finite and at least 0");
        }
    };
    if (batchInterval < Duration{1}) {
        refuse("batchInterval", toString(batchInterval), "at least 1 ms");
    }
    checkWeight("backpressure.pid.proportional", settings.proportional);
    checkWeight("backpressure.pid.integral", settings.integral);
    checkWeight("backpressure.pid.derived", settings.derived);
    if (!(settings.minRate > 0) || !std::isfinite(settings.minRate)) {
        refuse("backpressure.pid.minRate", std::to_string(settings.minRate), "finite and positive");
    }
}

SLUICE_DECL std::optional<double> PidRateEstimator::compute(
    double timeMs, double records, double processingDelayMs, double schedulingDelayMs)
{
    if (!(timeMs > latestTime_ && records > 0 && processingDelayMs > 0)) { return std::nullopt; }

    const double seconds = (timeMs - latestTime_) / 1000;
    const double speed = 1000 * records / processingDelayMs;
    const double error = latestRate_ - speed;
    // What waits, as the rate at which one interval would have to work it off.
    const double historicalError = schedulingDelayMs * speed / intervalMs_;
    const double errorChange = (error - latestError_) / seconds;

    latestTime_ = timeMs;
    if (firstRun_) {
        firstRun_ = false;
        latestRate_ = speed;
        latestError_ = 0;
        return std::nullopt;
    }
    double rate = latestRate_ - settings_.proportional * error -
                  settings_.integral * historicalError - settings_.derived * errorChange;
    // Weights that overflow must not leave a rate behind that no later batch could correct: the
    // negation also takes what is no number.
    if (!(rate >= settings_.minRate)) { rate = settings_.minRate; }
    if (!std::isfinite(rate)) { rate = std::numeric_limits<double>::max(); }
    latestRate_ = rate;
    latestError_ = error;
    return rate;
}

} // namespace sluice::inline SLUICE_ABI::engine
