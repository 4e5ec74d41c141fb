#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/snapshots.hpp>
#include <sluice/engine/clock.hpp>
#include <sluice/engine/detail/engine_thread.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/lifecycle.hpp> // withinReason
#include <sluice/engine/signal.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/engine/spawn.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <iterator>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL Snapshots::Snapshots(Snapshot first) : latest_{std::move(first)} {}

SLUICE_DECL std::vector<Snapshots::Seen> Snapshots::takeEnded()
{
    const auto over = std::partition(
        seen_.begin(), seen_.end(), [](const Seen& seen) { return !seen.batch.expired(); });
    std::vector<Seen> taken{std::make_move_iterator(over), std::make_move_iterator(seen_.end())};
    seen_.erase(over, seen_.end());
    return taken;
}

SLUICE_DECL void Snapshots::set(Snapshot latest)
{
    std::vector<Seen> over; // goes after the lock, and so does what was the latest
    const std::lock_guard lock{mutex_};
    over = takeEnded();
    latest_.swap(latest);
}

SLUICE_DECL Snapshots::Snapshot Snapshots::latest() const
{
    const std::lock_guard lock{mutex_};
    return latest_;
}

SLUICE_DECL Snapshots::Snapshot Snapshots::of(const std::shared_ptr<const BatchMetadata>& batch)
{
    std::vector<Seen> over; // goes after the lock
    const std::lock_guard lock{mutex_};
    over = takeEnded();
    for (const Seen& seen : seen_) {
        if (seen.batch.lock() == batch) { return seen.snapshot; }
    }
    seen_.push_back({batch, latest_});
    return latest_;
}

SLUICE_DECL void Snapshots::forget(const std::shared_ptr<const BatchMetadata>& batch)
{
    Snapshot over; // goes after the lock
    const std::lock_guard lock{mutex_};
    const auto seen = std::find_if(seen_.begin(), seen_.end(),
        [&batch](const Seen& each) { return each.batch.lock() == batch; });
    if (seen == seen_.end()) { return; }
    over.swap(seen->snapshot);
    seen_.erase(seen);
}

SLUICE_DECL TableStage::TableStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
    std::shared_ptr<Snapshots> table, SeenSnapshot seen, bool viewed)
    : Stage{std::move(info), std::move(input)},
      table_{std::move(table)},
      seen_{std::move(seen)},
      viewed_{viewed}
{
}

SLUICE_DECL engine::Stage::Work TableStage::open(const engine::BatchContext& batch)
{
    batch_ = batch.metadata;
    *seen_ = table_->of(batch_);
    return {};
}

SLUICE_DECL void TableStage::close(const engine::BatchContext&)
{
    output_ = input();
    if (!viewed_) { return; }
    using Both = std::pair<std::shared_ptr<const void>, Snapshots::Snapshot>;
    for (AnyPartition& partition : output_) {
        partition.owner = std::make_shared<const Both>(std::move(partition.owner), *seen_);
    }
}

SLUICE_DECL void TableStage::release() noexcept
{
    // All stages of the batch are done; its metadata may be kept for much longer.
    if (batch_) { table_->forget(batch_); }
    batch_.reset();
    seen_->reset();
    Stage::release();
}

/// What refreshes a table at intervals. May be at work when the runtime is gone, but not when what
/// is behind it is.
class Refresher : public std::enable_shared_from_this<Refresher> {
public:
    Refresher(engine::Runtime& runtime, std::function<void()> refresh, std::string name)
        : io_{runtime.io()},
          compute_{runtime.compute()},
          clock_{runtime.options().clock},
          events_{runtime.events()},
          refresh_{std::move(refresh)},
          id_{runtime.nextId()},
          name_{std::move(name)}
    {
    }

    asio::awaitable<void> run(Duration interval)
    {
        const auto timer = clock_->makeTimer(io_);
        for (;;) {
            co_await timer->waitUntil(clock_->now() + engine::detail::withinReason(interval));
            done_ = false;
            engine::post(compute_, std::bind_front(&Refresher::refresh, shared_from_this()));
            co_await changed_.wait(std::bind_front(&Refresher::isDone, this));
        }
    }

private:
    void refresh()
    {
        const engine::detail::EngineThreadScope scope;
        try {
            refresh_();
        } catch (...) {
            report(engine::textOf(std::current_exception()));
        }
        done_ = true;
        changed_.notify();
    }

    void report(const std::string& why)
    {
        ReceiverError event;
        event.streamId = id_;
        event.name = name_;
        event.at = clock_->now();
        event.message = "the table stays as it was, refreshEvery(interval, load): " + why;
        events_.add(std::move(event));
    }

    [[nodiscard]] bool isDone() const { return done_; }

    asio::any_io_executor io_;
    asio::any_io_executor compute_;
    std::shared_ptr<Clock> clock_;
    engine::EventLog& events_;
    std::function<void()> refresh_;
    std::uint32_t id_;
    std::string name_;
    std::atomic<bool> done_ = false;
    engine::Signal changed_;
};

SLUICE_DECL void refreshEvery(
    engine::Runtime& runtime, Duration interval, std::function<void()> refresh, std::string name)
{
    runtime.mustBeNew("refreshEvery(context, interval, load)");
    if (interval < Duration{1}) {
        throw InvalidArgument{"sluice: refreshEvery(context, interval, load): interval " +
                              toString(interval) + " given, must be at least 1 ms"};
    }
    const auto refresher =
        std::make_shared<Refresher>(runtime, std::move(refresh), std::move(name));
    runtime.addCompanion([refresher, interval] { return refresher->run(interval); });
}

} // namespace sluice::detail::inline SLUICE_ABI
