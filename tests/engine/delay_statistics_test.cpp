#include <sluice/engine/delay_statistics.hpp>

#include <sluice/algebra/error.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using sluice::BatchCompleted, sluice::DelayReport, sluice::DelayStatistics, sluice::Instant;

namespace {
BatchCompleted completed(std::chrono::nanoseconds waited, std::chrono::nanoseconds took)
{
    BatchCompleted batch;
    batch.submitted = Instant{1s};
    batch.started = batch.submitted + waited;
    batch.ended = *batch.started + took;
    return batch;
}
} // namespace

TEST_CASE("without batches the delays are a report of nothing", "[engine][delay_statistics]")
{
    const DelayReport report = DelayStatistics{}.report();
    CHECK(report.count == 0);
    CHECK(report.totalDelay.mean == 0ns);
    CHECK(report.processingTime.p99 == 0ns);
}

TEST_CASE("delays of the last 10 batches are summed up unless told otherwise",
    "[engine][delay_statistics]")
{
    DelayStatistics statistics;
    for (int i = 1; i <= 25; ++i) {
        statistics.onBatchCompleted(completed(1ms, i * 1ms));
    }
    const DelayReport report = statistics.report(); // of 16 to 25
    CHECK(report.count == 10);
    CHECK(report.processingTime.mean == 20500us);
    CHECK(report.processingTime.min == 16ms);
    CHECK(report.processingTime.max == 25ms);
    CHECK(report.processingTime.p50 == 20ms);
    CHECK(report.processingTime.p90 == 24ms);
    CHECK(report.processingTime.p99 == 25ms);
    CHECK(report.totalDelay.mean == 21500us);
    CHECK(report.totalDelay.min == 17ms);
    CHECK(report.totalDelay.max == 26ms);
}

TEST_CASE("percentiles are of the delays themselves, in whatever order they came",
    "[engine][delay_statistics]")
{
    DelayStatistics statistics{200};
    for (int i = 0; i < 200; ++i) {
        statistics.onBatchCompleted(completed(0ms, (i * 77 % 200 + 1) * 1ms));
    }
    const auto delays = statistics.report().totalDelay;
    CHECK(delays.min == 1ms);
    CHECK(delays.p50 == 100ms);
    CHECK(delays.p90 == 180ms);
    CHECK(delays.p99 == 198ms);
    CHECK(delays.max == 200ms);
}

TEST_CASE("one batch is its own distribution", "[engine][delay_statistics]")
{
    DelayStatistics statistics{1};
    statistics.onBatchCompleted(completed(9ms, 9ms));
    statistics.onBatchCompleted(completed(1ms, 2ms));
    const auto delays = statistics.report().totalDelay;
    CHECK(delays.mean == 3ms);
    CHECK(delays.min == 3ms);
    CHECK(delays.max == 3ms);
    CHECK(delays.p50 == 3ms);
    CHECK(delays.p99 == 3ms);
}

TEST_CASE(
    "a failed batch has its delays too, one that never ran has none", "[engine][delay_statistics]")
{
    DelayStatistics statistics;
    auto failed = completed(1ms, 2ms);
    failed.failure = "map: 13";
    statistics.onBatchCompleted(failed);
    statistics.onBatchCompleted(BatchCompleted{});
    CHECK(statistics.report().count == 1);
}

TEST_CASE("statistics over no batch are refused", "[engine][delay_statistics][errors]")
{
    CHECK_THROWS_AS(DelayStatistics{0}, sluice::InvalidArgument);
    try {
        const DelayStatistics statistics{0};
    } catch (const sluice::InvalidArgument& error) {
        CHECK(std::string{error.what()} ==
              "sluice: DelayStatistics(batches): 0 batches given, must be at least 1");
    }
}

TEST_CASE("statistics may be read while batches complete", "[engine][delay_statistics][parallel]")
{
    DelayStatistics statistics{4};
    std::jthread engine{[&statistics] {
        for (int i = 0; i < 2000; ++i) {
            statistics.onBatchCompleted(completed(1ms, 1ms));
        }
    }};
    bool right = true;
    for (int i = 0; i < 500; ++i) {
        const DelayReport report = statistics.report();
        right = right && report.count <= 4 && (report.count == 0 || report.totalDelay.mean == 2ms);
    }
    CHECK(right);
}
