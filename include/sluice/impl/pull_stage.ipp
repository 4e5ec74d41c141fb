#pragma once

#include <sluice/engine/clock.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/impl/rate_settings.ipp>
#include <sluice/input/pull_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL PullStage::PullStage(
    engine::StageInfo&& info, const Options& options, std::vector<std::uint64_t> from)
    : SourceStage{std::move(info)},
      batchInterval_{options.batchInterval},
      maxRate_{options.maxRate},
      controller_{detail::rateSettings(options, std::nullopt)},
      next_{std::move(from)}
{
}

SLUICE_DECL asio::awaitable<void> PullStage::run(engine::SourceContext context)
{
    context_ = std::move(context);
    context_.io = {}; // nothing of it is needed, and the stage may live longer
    co_return;
}

SLUICE_DECL void PullStage::report(std::string message)
{
    if (context_.events == nullptr) { return; }
    ReceiverError event;
    event.streamId = info().id;
    event.name = info().name;
    event.at = context_.clock->now();
    event.message = std::move(message);
    context_.events->add(std::move(event));
}

SLUICE_DECL std::vector<OffsetRange> PullStage::nextRanges(std::vector<std::uint64_t> until)
{
    // In copies: a batch that cannot be put together takes nothing.
    auto next = next_;
    auto credit = credit_;
    next.resize(std::max(next.size(), until.size()));
    credit.resize(next.size());
    double lag = 0;
    for (std::size_t i = 0; i < until.size(); ++i) {
        if (until[i] < next[i]) {
            report("latest(): partition " + std::to_string(i) + " ends at " +
                   std::to_string(until[i]) + ", and " + std::to_string(next[i]) +
                   " was read already");
            until[i] = next[i];
        }
        lag += static_cast<double>(until[i] - next[i]);
    }
    const double seconds = static_cast<double>(batchInterval_.count()) / 1000;
    const auto estimate = controller_.limit();
    std::vector<OffsetRange> ranges;
    ranges.reserve(until.size());
    for (std::size_t i = 0; i < until.size(); ++i) {
        const std::uint64_t from = next[i];
        const auto ahead = static_cast<double>(until[i] - from);
        double most = ahead;
        if (estimate && lag > 0) {
            // A partition gets its share of what the source may bring in, and never stands still.
            most = std::min(most, std::max(1.0, *estimate * seconds * ahead / lag));
        }
        if (maxRate_) {
            // What is less than a record is kept for the next batch, and no more than that.
            credit[i] = std::min(credit[i] + *maxRate_ * seconds, *maxRate_ * seconds + 1);
            most = std::min(most, credit[i]);
        }
        next[i] = most < ahead ? from + static_cast<std::uint64_t>(most) : until[i];
        credit[i] -= static_cast<double>(next[i] - from);
        ranges.push_back({info().name, static_cast<std::uint32_t>(i), from, next[i]});
    }
    next_ = std::move(next);
    credit_ = std::move(credit);
    return ranges;
}

SLUICE_DECL void PullStage::cut(BatchMetadata& batch)
{
    std::vector<OffsetRange> ranges;
    try {
        ranges = nextRanges(latest());
    } catch (...) {
        report("latest(): " + engine::textOf(std::current_exception()));
    }
    BatchInput input;
    input.rateLimit = controller_.limit();
    if (maxRate_ && !ranges.empty()) {
        const double most = *maxRate_ * static_cast<double>(ranges.size());
        input.rateLimit = std::min(most, input.rateLimit.value_or(most));
    }
    for (const OffsetRange& range : ranges) {
        input.records += range.until - range.from;
    }
    batch.offsets.insert(batch.offsets.end(), ranges.begin(), ranges.end());
    taken_.add(batch.time, ranges);
    const auto shared = std::make_shared<const std::vector<OffsetRange>>(std::move(ranges));
    std::vector<AnyPartition> parts;
    parts.reserve(shared->size());
    for (const OffsetRange& range : *shared) {
        parts.push_back({shared, &range, 1, static_cast<std::size_t>(range.until - range.from)});
    }
    give(batch, std::move(parts), std::move(input));
}

SLUICE_DECL engine::Stage::Work PullStage::open(const engine::BatchContext& batch)
{
    (void)SourceStage::open(batch);
    ranges_ = std::exchange(output_, std::vector<AnyPartition>(output_.size()));
    groups_ = {ranges_, batch};
    return groups_.work();
}

SLUICE_DECL void PullStage::runTask(std::size_t task, engine::TaskContext& context)
{
    for (auto [i, end] = groups_[task]; i != end; ++i) {
        context.partition = i;
        const OffsetRange& range = recordsOf<OffsetRange>(ranges_[i]).front();
        if (range.from != range.until) { output_[i] = read(range); }
    }
}

SLUICE_DECL void PullStage::completed(const BatchCompleted& batch)
{
    taken_.completed(
        batch,
        [this](const OffsetRange& range) {
            if (range.from != range.until) { acknowledge(range); }
        },
        [this](const std::string& why) { report("acknowledge(range): " + why); });
    detail::learn(controller_, batch, info().id);
}

} // namespace sluice::inline SLUICE_ABI
