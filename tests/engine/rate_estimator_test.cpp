#include <sluice/engine/rate_estimator.hpp>

#include <sluice/algebra/error.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::Duration, sluice::InvalidArgument, sluice::PidSettings;
using sluice::engine::PidRateEstimator;
using sluice::test::Approx, sluice::test::Random;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

std::string refusalOf(Duration interval, const PidSettings& settings)
{
    try {
        const PidRateEstimator estimator{interval, settings};
        return {};
    } catch (const InvalidArgument& error) {
        return error.what();
    }
}

/// Follows the measured speed, and is bounded by 10 records per second.
PidRateEstimator proportionalOnly()
{
    return {20ms, {.proportional = 1, .integral = 0, .derived = 0, .minRate = 10}};
}

/// What is said of 50 batches of 20 ms, each of which took its whole interval.
template <class RecordsOf, class DelayOf>
std::vector<std::optional<double>> estimates(
    PidRateEstimator estimator, RecordsOf recordsOf, DelayOf schedulingDelayOf)
{
    std::vector<std::optional<double>> made;
    for (int i = 0; i < 50; ++i) {
        made.push_back(estimator.compute(20 * i, recordsOf(i), 20, schedulingDelayOf(i)));
    }
    return made;
}
} // namespace

TEST_CASE("the estimator names the setting that is wrong and what would do",
    "[engine][rate_estimator][errors]")
{
    CHECK(refusalOf(1s, {}).empty());
    CHECK(refusalOf(1ms, {.proportional = 0, .integral = 0, .derived = 0, .minRate = 0.5}).empty());
    CHECK(refusalOf(0ms, {1, 2, 3, 10}) ==
          "sluice: batchInterval: 0 ms given, must be at least 1 ms");
    CHECK(refusalOf(100ms, {.proportional = -1, .integral = 2, .derived = 3, .minRate = 10}) ==
          "sluice: backpressure.pid.proportional: -1.000000 given, must be finite and at least 0");
    CHECK(refusalOf(100ms, {.proportional = 0, .integral = -1, .derived = 3, .minRate = 10})
              .starts_with("sluice: backpressure.pid.integral: -1.0"));
    CHECK(refusalOf(100ms, {.proportional = 0, .integral = 0, .derived = -1, .minRate = 10})
              .starts_with("sluice: backpressure.pid.derived: -1.0"));
    for (const double minRate : {0.0, -10.0}) {
        CAPTURE(minRate);
        CHECK(refusalOf(100ms, {0, 0, 0, minRate}) ==
              "sluice: backpressure.pid.minRate: " + std::to_string(minRate) +
                  " given, must be finite and positive");
    }
    for (const double wrong : {infinity, -infinity, notANumber}) {
        CAPTURE(wrong);
        CHECK(
            refusalOf(1s, {.proportional = wrong}).find("pid.proportional: ") != std::string::npos);
        CHECK(refusalOf(1s, {.integral = wrong}).find("pid.integral: ") != std::string::npos);
        CHECK(refusalOf(1s, {.derived = wrong}).find("pid.derived: ") != std::string::npos);
        CHECK(refusalOf(1s, {.minRate = wrong}).find("pid.minRate: ") != std::string::npos);
    }
}

TEST_CASE("the first batch gives no estimate and the second does", "[engine][rate_estimator]")
{
    PidRateEstimator estimator = proportionalOnly();
    CHECK(estimator.compute(0, 10, 10, 0) == std::nullopt);
    CHECK(estimator.compute(10, 10, 10, 0) == 1000);
}

TEST_CASE("there is no estimate while time stands still or goes back", "[engine][rate_estimator]")
{
    PidRateEstimator estimator = proportionalOnly();
    (void)estimator.compute(0, 10, 10, 0);
    CHECK(estimator.compute(10, 10, 10, 0) != std::nullopt);
    CHECK(estimator.compute(10, 10, 10, 0) == std::nullopt);
    CHECK(estimator.compute(9, 10, 10, 0) == std::nullopt);
    CHECK(estimator.compute(notANumber, 10, 10, 0) == std::nullopt);
    CHECK(estimator.compute(11, 10, 10, 0) == 1000);
}

TEST_CASE("there is no estimate without records", "[engine][rate_estimator]")
{
    PidRateEstimator estimator = proportionalOnly();
    (void)estimator.compute(0, 10, 10, 0);
    CHECK(estimator.compute(10, 0, 10, 0) == std::nullopt);
    CHECK(estimator.compute(20, -10, 10, 0) == std::nullopt);
}

TEST_CASE("there is no estimate without processing time", "[engine][rate_estimator]")
{
    PidRateEstimator estimator = proportionalOnly();
    (void)estimator.compute(0, 10, 10, 0);
    CHECK(estimator.compute(10, 10, 0, 0) == std::nullopt);
    CHECK(estimator.compute(20, 10, -10, 0) == std::nullopt);
}

TEST_CASE("a batch without an estimate changes nothing", "[engine][rate_estimator]")
{
    const PidSettings all{.proportional = 0.5, .integral = 0.2, .derived = 0.1, .minRate = 1};
    PidRateEstimator disturbed{1s, all};
    PidRateEstimator plain{1s, all};
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        const double now = 1000 * i;
        CHECK(disturbed.compute(now + 1, 0, 500, 700) == std::nullopt);
        CHECK(disturbed.compute(now + 2, 50, 0, 700) == std::nullopt);
        CHECK(disturbed.compute(now - 5000, 50, 10, 700) == std::nullopt);
        CHECK(disturbed.compute(now + 3, 100 + i, 400, 30) ==
              plain.compute(now + 3, 100 + i, 400, 30));
    }
}

TEST_CASE("the estimate is the formula of its three terms", "[engine][rate_estimator]")
{
    PidRateEstimator estimator{
        1s, {.proportional = 0.5, .integral = 0.2, .derived = 0.1, .minRate = 1}};
    CHECK(estimator.compute(0, 1000, 500, 0) == std::nullopt); // starts from 2000
    // speed 1000, error 1000, waiting 500, change (1000 - 0) / 2
    CHECK(estimator.compute(2000, 1000, 1000, 500).value() == Approx(2000 - 500 - 100 - 50));
    // speed 2000, error -650, waiting 0, change (-650 - 1000) / 1
    CHECK(estimator.compute(3000, 3000, 1500, 0).value() == Approx(1350 + 325 + 165));
}

TEST_CASE("the estimate is never below the least rate", "[engine][rate_estimator]")
{
    const std::vector<std::optional<double>> made = estimates(
        {20ms, {.proportional = 1, .integral = 1, .derived = 0, .minRate = 5}},
        [](int) { return 1; }, [](int) { return 100; });
    CHECK(made.front() == std::nullopt);
    for (std::size_t i = 1; i < made.size(); ++i) {
        CAPTURE(i);
        CHECK(made[i] == 5);
    }
}

TEST_CASE(
    "with nothing waiting the estimate follows the speed, up and down", "[engine][rate_estimator]")
{
    const PidSettings settings{.proportional = 1, .integral = 1, .derived = 0, .minRate = 10};
    const auto atOnce = [](int) { return 0; };
    const auto up = estimates(
        {20ms, settings}, [](int i) { return 20 * (i + 1); }, atOnce);
    const auto down = estimates(
        {20ms, settings}, [](int i) { return 20 * (50 - i); }, atOnce);
    CHECK(up.front() == std::nullopt);
    CHECK(down.front() == std::nullopt);
    for (int i = 1; i < 50; ++i) {
        CAPTURE(i);
        const auto n = static_cast<std::size_t>(i);
        CHECK(up[n].value() == Approx(1000 * (i + 1)));
        CHECK(down[n].value() == Approx(1000 * (50 - i)));
    }
}

TEST_CASE("proportional alone and nothing waiting give the speed of any batch",
    "[engine][rate_estimator]")
{
    Random random;
    CAPTURE(random.seed());
    PidRateEstimator estimator{
        1s, {.proportional = 1, .integral = 0.2, .derived = 0, .minRate = 0.001}};
    double now = 0;
    for (int i = 0; i < 1000; ++i) {
        now += random.number(1, 5000);
        const double records = random.number(1, 1'000'000);
        const double processing = random.number(1, 10'000) / 4.0;
        const std::optional<double> rate = estimator.compute(now, records, processing, 0);
        CAPTURE(i, records, processing);
        if (i == 0) {
            CHECK(rate == std::nullopt);
        } else {
            CHECK(rate.value() == Approx(1000 * records / processing));
        }
    }
}

TEST_CASE("what waits keeps the estimate below the speed", "[engine][rate_estimator]")
{
    Random random;
    CAPTURE(random.seed());
    std::vector<double> records;
    std::vector<double> waited;
    for (int i = 0; i < 50; ++i) {
        records.push_back(random.number(1, 999));
        waited.push_back(random.number(0, 18));
    }
    const auto made = estimates(
        {20ms, {.proportional = 1, .integral = 0.01, .derived = 0, .minRate = 10}},
        [&](int i) { return records[static_cast<std::size_t>(i)]; },
        [&](int i) { return waited[static_cast<std::size_t>(i)]; });
    CHECK(made.front() == std::nullopt);
    for (std::size_t i = 1; i < made.size(); ++i) {
        CAPTURE(i, records[i], waited[i]);
        REQUIRE(made[i].has_value());
        if (waited[i] > 0) { CHECK(*made[i] < 1000 * records[i] / 20); }
    }
}

TEST_CASE("rates fall, down to the least, while batches wait longer and longer",
    "[engine][rate_estimator]")
{
    PidRateEstimator estimator{1s, {}};
    CHECK(estimator.compute(0, 10'000, 2000, 0) == std::nullopt);
    double last = infinity;
    for (int i = 1; i < 20; ++i) {
        CAPTURE(i);
        const double rate = estimator.compute(2000 * i, 10'000, 2000, 1000 * i).value();
        if (last > 100) {
            CHECK(rate < last);
        } else {
            CHECK(rate == 100);
        }
        last = rate;
    }
    CHECK(last == 100);
}

TEST_CASE("weights that overflow leave nothing behind", "[engine][rate_estimator][errors]")
{
    for (const PidSettings& settings :
        {PidSettings{.proportional = 1e308}, PidSettings{.integral = 1e308},
            PidSettings{.derived = 1e308}, PidSettings{.proportional = 1e308, .derived = 1e308}}) {
        PidRateEstimator estimator{1s, settings};
        for (int i = 0; i < 20; ++i) {
            const double records = i % 3 == 0 ? 1e6 : i % 3 == 1 ? 1e3 : 25;
            const std::optional<double> rate = estimator.compute(1000 * i, records, 500, 100);
            CAPTURE(i, settings.proportional, settings.integral, settings.derived);
            if (i > 0) {
                CHECK(rate.value() >= 100);
                CHECK(rate.value() < infinity);
            }
        }
    }
}
