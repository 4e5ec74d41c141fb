#include <sluice/engine/metrics.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using sluice::BatchCompleted, sluice::BatchInput, sluice::BatchStarted, sluice::BatchSubmitted,
    sluice::Event, sluice::Instant, sluice::Metrics, sluice::ReceiverError, sluice::ReceiverStarted,
    sluice::ReceiverStopped, sluice::RecordsDropped, sluice::RecordsRead, sluice::RecordsRefused,
    sluice::StageReport, sluice::StreamingStarted, sluice::Time, sluice::toPrometheus;

namespace {
Metrics metricsOf(const std::vector<Event>& events)
{
    Metrics metrics;
    for (const Event& event : events) {
        sluice::engine::count(metrics, event);
    }
    return metrics;
}

template <class ReceiverEvent>
ReceiverEvent receiver(std::uint32_t streamId, Instant at = {}, const std::string& message = {})
{
    ReceiverEvent event;
    event.streamId = streamId;
    event.name = "socket " + std::to_string(streamId);
    event.at = at;
    event.message = message;
    return event;
}

BatchInput input(std::uint32_t streamId, std::size_t records, std::size_t bytes)
{
    BatchInput given;
    given.streamId = streamId;
    given.name = "socket " + std::to_string(streamId);
    given.records = records;
    given.bytes = bytes;
    return given;
}

// Batch `index` of a 1 s interval, waiting 1 ms and running for 2 ms.
template <class BatchEvent>
BatchEvent batch(
    std::uint64_t index, std::size_t records, const std::vector<BatchInput>& inputs = {})
{
    BatchEvent event;
    event.time = Time{std::chrono::seconds{index + 1}};
    event.index = index;
    event.records = records;
    event.inputs = inputs;
    event.submitted = Instant{event.time};
    if constexpr (!std::is_same_v<BatchEvent, BatchSubmitted>) {
        event.started = event.submitted + 1ms;
    }
    if constexpr (std::is_same_v<BatchEvent, BatchCompleted>) {
        event.ended = event.submitted + 3ms;
    }
    return event;
}

StageReport report(std::uint32_t stage, std::size_t tasks, std::size_t in, std::size_t out)
{
    StageReport done;
    done.stage = stage;
    done.name = "stage " + std::to_string(stage);
    done.tasks = tasks;
    done.recordsIn = in;
    done.recordsOut = out;
    done.elapsed = 4us;
    done.busy = 6us;
    done.longestTask = 3us;
    return done;
}

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        REQUIRE(end != std::string_view::npos); // the last line ends too
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

bool hasLine(std::string_view text, std::string_view wanted)
{
    for (const auto line : linesOf(text)) {
        if (line == wanted) { return true; }
    }
    return false;
}

Metrics busyMetrics()
{
    BatchInput limited = input(3, 5, 50);
    limited.bufferedBytes = 70;
    limited.rateLimit = 1000.5;
    auto completed = batch<BatchCompleted>(0, 7);
    completed.stages = {report(3, 0, 0, 5), report(1, 4, 5, 2)};
    return metricsOf({StreamingStarted{Instant{1'700'000'000'123'456'789ns}},
        receiver<ReceiverStarted>(3), batch<BatchSubmitted>(0, 7, {limited, input(8, 2, 0)}),
        batch<BatchStarted>(0, 7), completed, batch<BatchSubmitted>(1, 4)});
}
} // namespace

TEST_CASE("a batch counts as received when it starts and as processed when it is over",
    "[engine][metrics]")
{
    Metrics metrics;
    sluice::engine::count(metrics, batch<BatchSubmitted>(0, 7));
    sluice::engine::count(metrics, batch<BatchSubmitted>(1, 5));
    CHECK(metrics.batchesSubmitted == 2);
    CHECK(metrics.waitingBatches() == 2);
    CHECK(metrics.receivedRecords == 0);

    sluice::engine::count(metrics, batch<BatchStarted>(0, 7));
    CHECK(metrics.waitingBatches() == 1);
    CHECK(metrics.runningBatches() == 1);
    CHECK(metrics.receivedRecords == 7);
    CHECK(metrics.processedRecords == 0);

    auto failed = batch<BatchCompleted>(0, 7);
    failed.failure = "map: 13";
    sluice::engine::count(metrics, failed);
    CHECK(metrics.runningBatches() == 0);
    CHECK(metrics.batchesCompleted == 1);
    CHECK(metrics.batchesFailed == 1);
    CHECK(metrics.processedRecords == 7);

    sluice::engine::count(metrics, batch<BatchStarted>(1, 5));
    sluice::engine::count(metrics, batch<BatchCompleted>(1, 5));
    CHECK(metrics.batchesCompleted == 2);
    CHECK(metrics.batchesFailed == 1);
    CHECK(metrics.processedRecords == 12);
}

TEST_CASE("metrics know the last batch received, as it stands, and the last one completed",
    "[engine][metrics]")
{
    Metrics metrics = metricsOf({batch<BatchSubmitted>(0, 7)});
    REQUIRE(metrics.lastReceived);
    CHECK(metrics.lastReceived->records == 7);
    CHECK_FALSE(metrics.lastReceived->started);
    CHECK_FALSE(metrics.lastCompleted);

    sluice::engine::count(metrics, batch<BatchStarted>(0, 7));
    CHECK(metrics.lastReceived->schedulingDelay() == 1ms);

    sluice::engine::count(metrics, batch<BatchSubmitted>(1, 5));
    sluice::engine::count(metrics, batch<BatchCompleted>(0, 7));
    CHECK(metrics.lastReceived->index == 1);
    CHECK_FALSE(metrics.lastReceived->started);
    REQUIRE(metrics.lastCompleted);
    CHECK(metrics.lastCompleted->index == 0);
    CHECK(metrics.lastCompleted->totalDelay() == 3ms);
}

TEST_CASE("sources are listed by id, whoever spoke first", "[engine][metrics]")
{
    const Metrics metrics = metricsOf({receiver<ReceiverStarted>(5),
        batch<BatchSubmitted>(0, 9, {input(2, 4, 40), input(5, 5, 50)}),
        receiver<RecordsRefused>(3),
        batch<BatchSubmitted>(1, 1, {input(2, 0, 0), input(5, 1, 10)})});
    REQUIRE(metrics.sources.size() == 3);
    CHECK(metrics.sources[0].streamId == 2);
    CHECK(metrics.sources[0].name == "socket 2");
    CHECK(metrics.sources[0].records == 4);
    CHECK(metrics.sources[0].bytes == 40);
    CHECK_FALSE(metrics.sources[0].active);
    CHECK(metrics.sources[1].streamId == 3);
    CHECK(metrics.sources[2].streamId == 5);
    CHECK(metrics.sources[2].records == 6);
    CHECK(metrics.sources[2].bytes == 60);
    CHECK(metrics.sources[2].active);
}

TEST_CASE("a source's buffer and rate limit are those of the last batch cut", "[engine][metrics]")
{
    BatchInput first = input(1, 4, 40);
    first.bufferedBytes = 100;
    first.rateLimit = 50.0;
    BatchInput second = input(1, 4, 40);
    second.bufferedBytes = 60;
    Metrics metrics = metricsOf({batch<BatchSubmitted>(0, 4, {first})});
    CHECK(metrics.sources.front().bufferedBytes == 100);
    CHECK(metrics.sources.front().rateLimit == 50.0);
    sluice::engine::count(metrics, batch<BatchSubmitted>(1, 4, {second}));
    CHECK(metrics.sources.front().bufferedBytes == 60);
    CHECK_FALSE(metrics.sources.front().rateLimit);
}

TEST_CASE("a receiver that starts again has reconnected", "[engine][metrics]")
{
    Metrics metrics = metricsOf({batch<BatchSubmitted>(0, 0, {input(1, 0, 0)}),
        receiver<ReceiverStarted>(1), receiver<ReceiverStopped>(1)});
    CHECK(metrics.sources.front().reconnects == 0);
    CHECK_FALSE(metrics.sources.front().active);
    sluice::engine::count(metrics, receiver<ReceiverStarted>(1));
    sluice::engine::count(metrics, receiver<ReceiverStarted>(1));
    CHECK(metrics.sources.front().starts == 3);
    CHECK(metrics.sources.front().reconnects == 2);
    CHECK(metrics.sources.front().active);
}

TEST_CASE("errors are what a receiver reports and the ends that it is restarted after",
    "[engine][metrics]")
{
    Metrics metrics = metricsOf(
        {receiver<ReceiverStarted>(1), receiver<ReceiverError>(1, Instant{5s}, "odd line"),
            receiver<ReceiverStopped>(1, Instant{6s})});
    CHECK(metrics.sources.front().errors == 1);
    CHECK(metrics.sources.front().lastError == "odd line");
    CHECK(metrics.sources.front().lastErrorAt == Instant{5s});
    auto lost = receiver<ReceiverStopped>(1, Instant{7s}, "connection reset");
    lost.restarts = true;
    sluice::engine::count(metrics, lost);
    CHECK(metrics.sources.front().errors == 2);
    CHECK(metrics.sources.front().lastError == "connection reset");
    CHECK(metrics.sources.front().lastErrorAt == Instant{7s});
}

TEST_CASE("refused and dropped records are added up", "[engine][metrics]")
{
    auto refused = receiver<RecordsRefused>(1);
    refused.records = 3;
    const Metrics metrics =
        metricsOf({refused, refused, RecordsDropped{{}, 40}, RecordsDropped{{}, 2}});
    CHECK(metrics.sources.front().refused == 6);
    CHECK(metrics.sources.front().errors == 0);
    CHECK(metrics.droppedRecords == 42);
}

TEST_CASE(
    "records that are read while a batch is processed are the source's too", "[engine][metrics]")
{
    auto read = receiver<RecordsRead>(1);
    read.records = 3;
    read.bytes = 20;
    const Metrics metrics = metricsOf({read, read});
    CHECK(metrics.sources.front().records == 6);
    CHECK(metrics.sources.front().bytes == 40);
    CHECK(metrics.receivedRecords == 0); // they belong to no batch as it was cut
}

TEST_CASE("stages are listed in the order in which they ran and add up", "[engine][metrics]")
{
    auto first = batch<BatchCompleted>(0, 7);
    first.stages = {report(4, 4, 7, 2), report(0, 1, 2, 0)};
    auto second = batch<BatchCompleted>(1, 7);
    second.stages = {report(4, 2, 3, 1), report(0, 1, 1, 0)};
    second.stages[0].longestTask = 6us;
    second.stages[0].retries = 2;
    second.stages[0].failed = true;
    second.stages[1].skipped = true;
    const Metrics metrics = metricsOf({first, second});
    REQUIRE(metrics.operators.size() == 2);
    const auto& ran = metrics.operators[0];
    CHECK(ran.stage == 4);
    CHECK(ran.name == "stage 4");
    CHECK(ran.tasks == 6);
    CHECK(ran.recordsIn == 10);
    CHECK(ran.recordsOut == 3);
    CHECK(ran.elapsed == 8us);
    CHECK(ran.busy == 12us);
    CHECK(ran.lastTaskSkew == 2);
    CHECK(ran.retries == 2);
    CHECK(ran.failures == 1);
    const auto& skippedOnce = metrics.operators[1];
    CHECK(skippedOnce.stage == 0);
    CHECK(skippedOnce.tasks == 1);
    CHECK(skippedOnce.recordsIn == 2);
    CHECK(skippedOnce.failures == 0);
}

TEST_CASE("before the first batch times and delays read -1 and counts 0", "[engine][metrics]")
{
    const std::string text = toPrometheus({}, "app");
    for (const char* name : {"start_time", "last_completed_batch_submission_time",
             "last_completed_batch_processing_start_time",
             "last_completed_batch_processing_end_time", "last_completed_batch_scheduling_delay",
             "last_completed_batch_processing_delay", "last_completed_batch_total_delay",
             "last_received_batch_submission_time", "last_received_batch_processing_start_time",
             "last_received_batch_processing_end_time"}) {
        CAPTURE(name);
        CHECK(hasLine(text, std::string{"sluice_"} + name + "_seconds{application=\"app\"} -1"));
    }
    for (const char* name : {"batches_completed_total", "received_records_total",
             "processed_records_total", "waiting_batches", "running_batches",
             "last_completed_batch_records", "last_received_batch_records"}) {
        CAPTURE(name);
        CHECK(hasLine(text, std::string{"sluice_"} + name + "{application=\"app\"} 0"));
    }
}

TEST_CASE(
    "a page of metrics gives times and delays in seconds, digit by digit", "[engine][metrics]")
{
    const std::string text = toPrometheus(busyMetrics(), "app");
    for (const char* line : {"sluice_start_time_seconds{application=\"app\"} 1700000000.123456789",
             "sluice_last_completed_batch_submission_time_seconds{application=\"app\"} 1",
             "sluice_last_completed_batch_processing_start_time_seconds{application=\"app\"} 1.001",
             "sluice_last_completed_batch_processing_end_time_seconds{application=\"app\"} 1.003",
             "sluice_last_completed_batch_scheduling_delay_seconds{application=\"app\"} 0.001",
             "sluice_last_completed_batch_processing_delay_seconds{application=\"app\"} 0.002",
             "sluice_last_completed_batch_total_delay_seconds{application=\"app\"} 0.003",
             "sluice_last_received_batch_submission_time_seconds{application=\"app\"} 2",
             "sluice_last_received_batch_processing_end_time_seconds{application=\"app\"} -1",
             "sluice_last_received_batch_records{application=\"app\"} 4",
             "sluice_waiting_batches{application=\"app\"} 1",
             "sluice_running_batches{application=\"app\"} 0"}) {
        CAPTURE(line);
        CHECK(hasLine(text, line));
    }
}

TEST_CASE("a page of metrics has a sample for each source and each stage", "[engine][metrics]")
{
    const std::string text = toPrometheus(busyMetrics(), "app");
    const std::string three = "{application=\"app\",source=\"socket 3\",stream_id=\"3\"} ";
    const std::string eight = "{application=\"app\",source=\"socket 8\",stream_id=\"8\"} ";
    CHECK(hasLine(text, "sluice_source_active" + three + "1"));
    CHECK(hasLine(text, "sluice_source_active" + eight + "0"));
    CHECK(hasLine(text, "sluice_source_records_total" + three + "5"));
    CHECK(hasLine(text, "sluice_source_bytes_total" + three + "50"));
    CHECK(hasLine(text, "sluice_source_buffered_bytes" + three + "70"));
    CHECK(hasLine(text, "sluice_source_last_error_time_seconds" + three + "-1"));
    CHECK(hasLine(text, "sluice_source_rate_limit_records_per_second" + three + "1000.5"));
    CHECK(text.find("sluice_source_rate_limit_records_per_second" + eight) == std::string::npos);
    const std::string one = "{application=\"app\",operator=\"stage 1\",stage=\"1\"} ";
    CHECK(hasLine(text, "sluice_operator_tasks_total" + one + "4"));
    CHECK(hasLine(text, "sluice_operator_records_in_total" + one + "5"));
    CHECK(hasLine(text, "sluice_operator_records_out_total" + one + "2"));
    CHECK(hasLine(text, "sluice_operator_elapsed_seconds_total" + one + "0.000004"));
    CHECK(hasLine(text, "sluice_operator_busy_seconds_total" + one + "0.000006"));
    CHECK(hasLine(text, "sluice_operator_last_task_skew" + one + "2"));
}

TEST_CASE("a rate limit that is no number leaves no trace", "[engine][metrics]")
{
    BatchInput odd = input(1, 0, 0);
    odd.rateLimit = std::numeric_limits<double>::quiet_NaN();
    const std::string text = toPrometheus(metricsOf({batch<BatchSubmitted>(0, 0, {odd})}), "app");
    CHECK(text.find("rate_limit") == std::string::npos);
}

TEST_CASE("quotes, backslashes and line ends in names are escaped", "[engine][metrics]")
{
    const std::string text = toPrometheus({}, "a \"b\"\\\nc");
    CHECK(hasLine(text, R"(sluice_waiting_batches{application="a \"b\"\\\nc"} 0)"));
}

TEST_CASE("each metric is introduced once, right before all of its samples", "[engine][metrics]")
{
    for (const Metrics& metrics : {Metrics{}, busyMetrics()}) {
        std::vector<std::string_view> seen;
        std::string_view name;
        std::string_view type;
        std::size_t samples = 1;
        const std::string text = toPrometheus(metrics, "app");
        const auto lines = linesOf(text);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::string_view line = lines[i];
            CAPTURE(line);
            if (line.substr(0, 7) == "# HELP ") {
                CHECK(samples > 0);
                samples = 0;
                name = line.substr(7, line.find(' ', 7) - 7);
                for (const auto& other : seen) {
                    CHECK(other != name);
                }
                seen.push_back(name);
                REQUIRE(i + 1 < lines.size());
                const std::string introduced = "# TYPE " + std::string{name} + ' ';
                REQUIRE(lines[++i].substr(0, introduced.size()) == introduced);
                type = lines[i].substr(introduced.size());
                const bool total = name.size() > 6 && name.substr(name.size() - 6) == "_total";
                CHECK(type == (total ? "counter" : "gauge"));
            } else {
                ++samples;
                CHECK(line.substr(0, name.size() + 1) == std::string{name} + '{');
                const std::size_t end = line.find("} ");
                REQUIRE(end != std::string_view::npos);
                CHECK(line.find_first_not_of("-.0123456789e+", end + 2) == std::string_view::npos);
                CHECK(end + 2 < line.size());
            }
        }
        CHECK(samples > 0);
    }
}
