#pragma once

#include <sluice/engine/metrics.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {
/// What each kind of event changes.
class EventCounter {
public:
    explicit EventCounter(Metrics& metrics) : metrics_{metrics} {}

    void operator()(const StreamingStarted& event) const { metrics_.startedAt = event.at; }

    void operator()(const ReceiverStarted& event) const
    {
        SourceMetrics& source = sourceOf(event.streamId, event.name);
        source.active = true;
        if (source.starts > 0) { ++source.reconnects; }
        ++source.starts;
    }

    void operator()(const ReceiverError& event) const
    {
        addError(sourceOf(event.streamId, event.name), event);
    }

    void operator()(const ReceiverStopped& event) const
    {
        SourceMetrics& source = sourceOf(event.streamId, event.name);
        source.active = false;
        if (event.restarts) { addError(source, event); }
    }

    void operator()(const RecordsRefused& event) const
    {
        sourceOf(event.streamId, event.name).refused += event.records;
    }

    void operator()(const RecordsRead& event) const
    {
        SourceMetrics& source = sourceOf(event.streamId, event.name);
        source.records += event.records;
        source.bytes += event.bytes;
    }

    void operator()(const RecordsDropped& event) const { metrics_.droppedRecords += event.records; }

    void operator()(const BatchSubmitted& event) const
    {
        ++metrics_.batchesSubmitted;
        metrics_.lastReceived = event;
        for (const BatchInput& input : event.inputs) {
            SourceMetrics& source = sourceOf(input.streamId, input.name);
            source.records += input.records;
            source.bytes += input.bytes;
            source.bufferedBytes = input.bufferedBytes;
            source.rateLimit = input.rateLimit;
        }
    }

    void operator()(const BatchStarted& event) const
    {
        ++metrics_.batchesStarted;
        metrics_.receivedRecords += event.records;
        refreshLastReceived(event);
    }

    void operator()(const BatchCompleted& event) const
    {
        ++metrics_.batchesCompleted;
        if (!event.failure.empty()) { ++metrics_.batchesFailed; }
        metrics_.processedRecords += event.records;
        metrics_.lastCompleted = event;
        refreshLastReceived(event);
        for (const StageReport& report : event.stages) {
            addReport(report);
        }
    }

    void operator()(const OutputOperationStarted&) const {}
    void operator()(const OutputOperationCompleted&) const {}

private:
    [[nodiscard]] SourceMetrics& sourceOf(std::uint32_t streamId, const std::string& name) const
    {
        auto& sources = metrics_.sources;
        auto at = std::find_if(sources.begin(), sources.end(),
            [&](const SourceMetrics& source) { return source.streamId >= streamId; });
        if (at == sources.end() || at->streamId != streamId) {
            at = sources.emplace(at);
            at->streamId = streamId;
            at->name = name;
        }
        return *at;
    }

    static void addError(SourceMetrics& source, const ReceiverInfo& event)
    {
        ++source.errors;
        source.lastError = event.message;
        source.lastErrorAt = event.at;
    }

    void refreshLastReceived(const BatchInfo& batch) const
    {
        auto& last = metrics_.lastReceived;
        if (last && last->index == batch.index) { last = batch; }
    }

    void addReport(const StageReport& report) const
    {
        auto& operators = metrics_.operators;
        auto at = std::find_if(operators.begin(), operators.end(),
            [&](const OperatorMetrics& known) { return known.stage == report.stage; });
        if (at == operators.end()) {
            at = operators.emplace(at);
            at->stage = report.stage;
            at->name = report.name;
        }
        if (report.skipped) { return; }
        at->tasks += report.tasks;
        at->recordsIn += report.recordsIn;
        at->recordsOut += report.recordsOut;
        at->elapsed += report.elapsed;
        at->busy += report.busy;
        at->lastTaskSkew = report.taskSkew();
        at->retries += report.retries;
        if (report.failed) { ++at->failures; }
        if (report.recordsSkipped > 0) {
            at->recordsSkipped += report.recordsSkipped;
            at->lastSkipped = report.firstSkipped;
        }
    }

    Metrics& metrics_;
};

/// A text in Prometheus' format while it is written: one family after the other.
class PrometheusText {
public:
    using Seconds = std::optional<std::chrono::nanoseconds>;

    /// A new metric, whose samples follow.
    void family(std::string_view name, std::string_view type, std::string_view help)
    {
        name_ = name;
        text_ += "# HELP ";
        text_ += name;
        text_ += ' ';
        text_ += help;
        text_ += "\n# TYPE ";
        text_ += name;
        text_ += ' ';
        text_ += type;
        text_ += '\n';
    }

    void sample(std::string_view labels, std::uint64_t value)
    {
        begin(labels);
        appendNumber(value);
        text_ += '\n';
    }

    void sample(std::string_view labels, double value)
    {
        begin(labels);
        appendNumber(value);
        text_ += '\n';
    }

    void sample(std::string_view labels, const Seconds& value)
    {
        begin(labels);
        if (value) {
            appendSeconds(*value);
        } else {
            text_ += "-1";
        }
        text_ += '\n';
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void begin(std::string_view labels)
    {
        text_ += name_;
        text_ += '{';
        text_ += labels;
        text_ += "} ";
    }

    template <class Number>
    void appendNumber(Number number)
    {
        char digits[32];
        text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    }

    // Digit by digit: a double has no room for the nanoseconds of a time since 1970.
    void appendSeconds(std::chrono::nanoseconds time)
    {
        constexpr std::uint64_t second = 1'000'000'000;
        auto left = static_cast<std::uint64_t>(time.count());
        if (time.count() < 0) {
            text_ += '-';
            left = 0 - left;
        }
        appendNumber(left / second);
        left %= second;
        if (left == 0) { return; }
        text_ += '.';
        for (std::uint64_t unit = second / 10; left > 0; unit /= 10) {
            text_ += static_cast<char>('0' + left / unit);
            left %= unit;
        }
    }

    std::string text_;
    std::string_view name_;
};

inline void appendLabel(std::string& labels, std::string_view name, std::string_view value)
{
    if (!labels.empty()) { labels += ','; }
    labels += name;
    labels += "=\"";
    for (char c : value) {
        if (c == '\n') {
            labels += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') { labels += '\\'; }
        labels += c;
    }
    labels += '"';
}

inline PrometheusText::Seconds sinceEpoch(const std::optional<Instant>& instant)
{
    return instant ? PrometheusText::Seconds{instant->time_since_epoch()}
                   : PrometheusText::Seconds{};
}

/// The text of some metrics.
class PrometheusPage {
public:
    PrometheusPage(const Metrics& metrics, std::string_view application) : metrics_{metrics}
    {
        appendLabel(labels_, "application", application);
        for (const SourceMetrics& source : metrics.sources) {
            std::string& labels = sourceLabels_.emplace_back(labels_);
            appendLabel(labels, "source", source.name);
            appendLabel(labels, "stream_id", std::to_string(source.streamId));
        }
        for (const OperatorMetrics& stage : metrics.operators) {
            std::string& labels = operatorLabels_.emplace_back(labels_);
            appendLabel(labels, "operator", stage.name);
            appendLabel(labels, "stage", std::to_string(stage.stage));
        }
    }

    [[nodiscard]] std::string write()
    {
        writeTotals();
        writeLastCompleted();
        writeLastReceived();
        if (!metrics_.sources.empty()) { writeSources(); }
        if (!metrics_.operators.empty()) { writeOperators(); }
        return text_.take();
    }

private:
    static constexpr std::string_view gauge{"gauge"};
    static constexpr std::string_view counter{"counter"};

    template <class Value>
    void one(std::string_view name, std::string_view type, std::string_view help, Value value)
    {
        text_.family(name, type, help);
        text_.sample(labels_, value);
    }

    // A sample for each source or stage of what `valueOf` gives.
    template <class Row, class ValueOf>
    void each(const std::vector<Row>& rows, const std::vector<std::string>& labels,
        std::string_view name, std::string_view type, std::string_view help, ValueOf valueOf)
    {
        text_.family(name, type, help);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            text_.sample(labels[i], std::invoke(valueOf, rows[i]));
        }
    }

    template <class ValueOf>
    void eachSource(
        std::string_view name, std::string_view type, std::string_view help, ValueOf valueOf)
    {
        each(metrics_.sources, sourceLabels_, name, type, help, valueOf);
    }

    template <class ValueOf>
    void eachOperator(
        std::string_view name, std::string_view type, std::string_view help, ValueOf valueOf)
    {
        each(metrics_.operators, operatorLabels_, name, type, help, valueOf);
    }

    void writeTotals()
    {
        one("sluice_start_time_seconds", gauge, "When the context started, since the Unix epoch.",
            sinceEpoch(metrics_.startedAt));
        one("sluice_batches_submitted_total", counter, "Batches cut from the sources.",
            metrics_.batchesSubmitted);
        one("sluice_batches_started_total", counter, "Batches whose processing began.",
            metrics_.batchesStarted);
        one("sluice_batches_completed_total", counter, "Batches that are over, well or not.",
            metrics_.batchesCompleted);
        one("sluice_batches_failed_total", counter, "Batches that failed.", metrics_.batchesFailed);
        one("sluice_waiting_batches", gauge, "Batches that wait for earlier ones.",
            metrics_.waitingBatches());
        one("sluice_running_batches", gauge, "Batches that are being processed.",
            metrics_.runningBatches());
        one("sluice_received_records_total", counter, "Records of the batches that began.",
            metrics_.receivedRecords);
        one("sluice_processed_records_total", counter, "Records of the batches that are over.",
            metrics_.processedRecords);
        one("sluice_dropped_records_total", counter,
            "Records given up by a stop that ran out of time.", metrics_.droppedRecords);
        one("sluice_listener_errors_total", counter, "Exceptions that listeners threw.",
            metrics_.listenerErrors);
        one("sluice_listener_events_missed_total", counter,
            "Events missed by listeners that fell too far behind.", metrics_.eventsMissed);
    }

    void writeLastCompleted()
    {
        const BatchInfo none;
        const BatchInfo& last = metrics_.lastCompleted ? *metrics_.lastCompleted : none;
        const auto submitted = metrics_.lastCompleted ? sinceEpoch(last.submitted) : std::nullopt;
        one("sluice_last_completed_batch_submission_time_seconds", gauge,
            "When the last batch completed was cut, since the Unix epoch.", submitted);
        one("sluice_last_completed_batch_processing_start_time_seconds", gauge,
            "When the last batch completed began to be processed, since the Unix epoch.",
            sinceEpoch(last.started));
        one("sluice_last_completed_batch_processing_end_time_seconds", gauge,
            "When the last batch completed was over, since the Unix epoch.",
            sinceEpoch(last.ended));
        one("sluice_last_completed_batch_scheduling_delay_seconds", gauge,
            "How long the last batch completed waited for earlier ones.", last.schedulingDelay());
        one("sluice_last_completed_batch_processing_delay_seconds", gauge,
            "How long the last batch completed was processed.", last.processingTime());
        one("sluice_last_completed_batch_total_delay_seconds", gauge,
            "How long it took from the cut of the last batch completed to its end.",
            last.totalDelay());
        one("sluice_last_completed_batch_records", gauge, "Records of the last batch completed.",
            std::uint64_t{last.records});
    }

    void writeLastReceived()
    {
        const BatchInfo none;
        const BatchInfo& last = metrics_.lastReceived ? *metrics_.lastReceived : none;
        const auto submitted = metrics_.lastReceived ? sinceEpoch(last.submitted) : std::nullopt;
        one("sluice_last_received_batch_submission_time_seconds", gauge,
            "When the last batch was cut, since the Unix epoch.", submitted);
        one("sluice_last_received_batch_processing_start_time_seconds", gauge,
            "When the last batch cut began to be processed, since the Unix epoch.",
            sinceEpoch(last.started));
        one("sluice_last_received_batch_processing_end_time_seconds", gauge,
            "When the last batch cut was over, since the Unix epoch.", sinceEpoch(last.ended));
        one("sluice_last_received_batch_records", gauge, "Records of the last batch cut.",
            std::uint64_t{last.records});
    }

    void writeSources()
    {
        eachSource("sluice_source_active", gauge, "1 while the source's receiver runs, else 0.",
            [](const SourceMetrics& source) { return std::uint64_t{source.active}; });
        eachSource("sluice_source_records_total", counter, "Records of the batches cut.",
            &SourceMetrics::records);
        eachSource("sluice_source_bytes_total", counter, "Bytes of the batches cut, as received.",
            &SourceMetrics::bytes);
        eachSource("sluice_source_refused_records_total", counter, "Records refused.",
            &SourceMetrics::refused);
        eachSource("sluice_source_errors_total", counter,
            "Errors reported, and runs of the receiver that ended with a message.",
            &SourceMetrics::errors);
        eachSource("sluice_source_reconnects_total", counter,
            "Starts of the receiver after the first.", &SourceMetrics::reconnects);
        eachSource("sluice_source_buffered_bytes", gauge,
            "Bytes accepted and not processed yet, when the last batch was cut.",
            [](const SourceMetrics& source) { return std::uint64_t{source.bufferedBytes}; });
        eachSource("sluice_source_last_error_time_seconds", gauge,
            "When the last error came, since the Unix epoch.",
            [](const SourceMetrics& source) { return sinceEpoch(source.lastErrorAt); });
        writeRateLimits();
    }

    void writeRateLimits()
    {
        const auto limited = [](const SourceMetrics& source) {
            return source.rateLimit && std::isfinite(*source.rateLimit);
        };
        if (std::none_of(metrics_.sources.begin(), metrics_.sources.end(), limited)) { return; }
        text_.family("sluice_source_rate_limit_records_per_second", gauge,
            "Records per second that the source may accept; without a sample as many as come.");
        for (std::size_t i = 0; i < metrics_.sources.size(); ++i) {
            const SourceMetrics& source = metrics_.sources[i];
            if (limited(source)) { text_.sample(sourceLabels_[i], *source.rateLimit); }
        }
    }

    void writeOperators()
    {
        eachOperator(
            "sluice_operator_tasks_total", counter, "Tasks of the stage.", &OperatorMetrics::tasks);
        eachOperator("sluice_operator_records_in_total", counter,
            "Records in the partitions that the stage read.", &OperatorMetrics::recordsIn);
        eachOperator("sluice_operator_records_out_total", counter,
            "Records in the partitions that the stage made.", &OperatorMetrics::recordsOut);
        eachOperator("sluice_operator_elapsed_seconds_total", counter,
            "Time from the first task of the stage to its end, over all batches.",
            [](const OperatorMetrics& stage) { return PrometheusText::Seconds{stage.elapsed}; });
        eachOperator("sluice_operator_busy_seconds_total", counter,
            "Time of the stage's tasks, added up.",
            [](const OperatorMetrics& stage) { return PrometheusText::Seconds{stage.busy}; });
        eachOperator("sluice_operator_last_task_skew", gauge,
            "The longest task over the mean task in the stage's last batch.",
            &OperatorMetrics::lastTaskSkew);
        eachOperator("sluice_operator_retries_total", counter, "Tasks that were run again.",
            &OperatorMetrics::retries);
        eachOperator("sluice_operator_failed_batches_total", counter,
            "Batches in which the stage failed.", &OperatorMetrics::failures);
        eachOperator("sluice_operator_skipped_records_total", counter,
            "Records left out because a function threw.", &OperatorMetrics::recordsSkipped);
    }

    const Metrics& metrics_;
    std::string labels_;
    std::vector<std::string> sourceLabels_;
    std::vector<std::string> operatorLabels_;
    PrometheusText text_;
};
} // namespace engine::detail

SLUICE_DECL std::string toPrometheus(const Metrics& metrics, const std::string& application)
{
    return engine::detail::PrometheusPage{metrics, application}.write();
}

namespace engine {
SLUICE_DECL void count(Metrics& metrics, const Event& event)
{
    std::visit(detail::EventCounter{metrics}, event);
}
} // namespace engine

} // namespace sluice::inline SLUICE_ABI
