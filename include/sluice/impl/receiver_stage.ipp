#pragma once

#include <sluice/engine/clock.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/lifecycle.hpp>       // withinReason
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/impl/rate_settings.ipp>
#include <sluice/input/receiver_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

[[noreturn]] inline void throwAborted()
{
    throw boost::system::system_error{boost::system::error_code{asio::error::operation_aborted}};
}

/// How far ahead of its rate a receiver may run, so that single records need no timer each.
inline std::chrono::nanoseconds rateSlack(Duration batchInterval)
{
    return std::min<std::chrono::nanoseconds>(batchInterval / 20, std::chrono::milliseconds{10});
}

// What a receiver may accept before others on `io` have their turn, in bytes; each call counts as
// some of them.
constexpr std::size_t turnBytes = std::size_t{64} << 10U;
constexpr std::size_t turnBytesPerCall = 256;

inline asio::awaitable<void> letOthersRun()
{
    return engine::suspend([](engine::Continuation continuation) { continuation.post(); });
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL ReceiverStage::ReceiverStage(engine::StageInfo&& info, const Options& options,
    std::function<void(const OffsetRange&)> acknowledge)
    : SourceStage{std::move(info)},
      reconnect_{options.reconnect},
      maxBufferedBytes_{options.maxBufferedBytes},
      blockInterval_{
          options.blockInterval.value_or(std::min(options.batchInterval, Duration{200}))},
      blocksEndBeforeBatches_{blockInterval_ < options.batchInterval},
      controller_{detail::rateSettings(options, options.maxRate)},
      slack_{detail::rateSlack(options.batchInterval)},
      limiter_{slack_},
      acknowledge_{std::move(acknowledge)},
      wait_{options.reconnect.first},
      random_{
          static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) |
          1U}
{
}

SLUICE_DECL ReceiverStage::~ReceiverStage() = default;

SLUICE_DECL Instant ReceiverStage::now() const
{
    return context_.clock->now();
}

SLUICE_DECL asio::awaitable<void> ReceiverStage::run(engine::SourceContext context)
{
    context_ = std::move(context);
    // Nothing that belongs to the executor stays, however this ends: the stage may live longer.
    const std::unique_ptr<ReceiverStage, void (*)(ReceiverStage*)> letGoAtEnd{
        this, &ReceiverStage::letGo};
    // A receiver that goes on although it was cancelled must not be thrown at without end: it would
    // keep the strand that could give it up.
    co_await asio::this_coro::throw_if_cancelled(false);
    followRate();
    while (!stopping_) {
        Ended ended;
        co_await runOnce(ended);
        if (stopping_ || !ended.again) { break; }
        const Duration wait = std::exchange(restartWait_, {}).value_or(nextWait());
        const Instant next = now() + engine::detail::withinReason(wait);
        co_await detail::letOthersRun(); // also where there is nothing to wait for
        while (!stopping_ && now() < next) {
            co_await waitUntil(next); // which a new rate ends early
        }
    }
}

SLUICE_DECL void ReceiverStage::letGo(ReceiverStage* stage) noexcept
{
    stage->waits_.clear();
    stage->context_.io = {};
}

class ReceiverStage::Wait {
public:
    explicit Wait(ReceiverStage& stage)
        : stage_{stage}, timer_{stage.context_.clock->makeTimer(stage.context_.io.get())}
    {
        stage_.waits_.push_back(this);
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { std::erase(stage_.waits_, this); }

    [[nodiscard]] Timer& timer() noexcept { return *timer_; }

private:
    ReceiverStage& stage_;
    std::unique_ptr<Timer> timer_;
};

SLUICE_DECL asio::awaitable<void> ReceiverStage::waitUntil(Instant instant)
{
    Wait wait{*this};
    co_await wait.timer().waitUntil(instant);
}

SLUICE_DECL void ReceiverStage::endWaits()
{
    for (Wait* wait : waits_) {
        wait->timer().cancel();
    }
}

SLUICE_DECL asio::awaitable<void> ReceiverStage::runOnce(Ended& ended)
{
    started_ = false;
    restart_.reset();
    if (!announcesItself_) { started(); }
    try {
        co_await receive();
        if (restart_) { ended = {true, *restart_}; }
    } catch (...) {
        ended = {true, engine::textOf(std::current_exception())};
    }
    if (stopping_) { ended = {false, "the context stops"}; }
    ReceiverStopped event;
    say(event, ended.message);
    event.restarts = ended.again;
    context_.events->add(std::move(event));
}

SLUICE_DECL void ReceiverStage::stop()
{
    stopping_ = true;
    endWaits();
    room_.notify();
}

SLUICE_DECL void ReceiverStage::say(ReceiverInfo& info, std::string message) const
{
    info.streamId = this->info().id;
    info.name = this->info().name;
    info.at = now();
    info.message = std::move(message);
}

SLUICE_DECL void ReceiverStage::started()
{
    if (std::exchange(started_, true) || context_.events == nullptr) { return; }
    ReceiverStarted event;
    say(event, {});
    context_.events->add(std::move(event));
}

SLUICE_DECL void ReceiverStage::reportError(std::string message)
{
    if (context_.events == nullptr) { return; }
    ReceiverError event;
    say(event, std::move(message));
    context_.events->add(std::move(event));
}

SLUICE_DECL void ReceiverStage::reportRefused(std::string message, std::size_t records)
{
    if (context_.events == nullptr) { return; }
    RecordsRefused event;
    say(event, std::move(message));
    event.records = records;
    context_.events->add(std::move(event));
}

SLUICE_DECL void ReceiverStage::restart(std::string message, std::optional<Duration> wait)
{
    restart_ = std::move(message);
    restartWait_ = wait;
}

SLUICE_DECL Duration ReceiverStage::nextWait()
{
    // xorshift64: enough to keep many receivers from coming back at once.
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    const double spread = static_cast<double>(random_ >> 11U) * 0x1p-53;
    const double factor = 1 + reconnect_.jitter * (2 * spread - 1);
    const Duration base = std::exchange(wait_, std::min(wait_ * 2, reconnect_.atMost));
    return std::chrono::duration_cast<Duration>(base * factor);
}

SLUICE_DECL void ReceiverStage::accept(std::size_t records, std::size_t bytes)
{
    records_ += records;
    bytes_ += bytes;
    turn_ += bytes + detail::turnBytesPerCall;
    if (records > 0) { wait_ = reconnect_.first; }
    if (limiter_.rate()) { unpaid_ += records; }
}

SLUICE_DECL void ReceiverStage::followRate()
{
    const auto rate = controller_.limit();
    limiter_.setRate(rate, now());
    const std::chrono::duration<double> share = slack_ / 8;
    payFrom_ = rate ? static_cast<std::size_t>(std::min(*rate * share.count(), 1e6)) : 0;
    payFrom_ = std::max<std::size_t>(payFrom_, 1);
    if (!rate) { unpaid_ = 0; }
}

SLUICE_DECL bool ReceiverStage::hasRoom() const
{
    // While nothing is known of how fast batches are, one batch is enough: a flood would be
    // accepted that takes many intervals to work off.
    const bool wait = controller_.isBlind() && bufferedBytes_ > 0;
    return stopping_ || (!wait && bufferedBytes_ + bytes_ < maxBufferedBytes_);
}

SLUICE_DECL asio::awaitable<void> ReceiverStage::room()
{
    while (!hasRoom()) {
        turn_ = 0;
        co_await room_.wait(std::bind_front(&ReceiverStage::hasRoom, this));
    }
    // The clock is read for so many records at a time, well within the slack of the rate.
    const bool pays = limiter_.rate() && unpaid_ >= payFrom_;
    if (pays) { limiter_.take(std::exchange(unpaid_, 0), now()); }
    while (pays && !stopping_) {
        const Instant at = now();
        const Instant due = limiter_.due(at);
        if (due <= at) { break; }
        turn_ = 0;
        if (!context_.io) { detail::throwAborted(); } // a child of a receiver that has ended
        co_await waitUntil(due);
    }
    // One that need never wait would keep `io` from ticks, stops and other sources.
    if (turn_ >= detail::turnBytes || stopping_) {
        turn_ = 0;
        co_await detail::letOthersRun();
    }
    if (stopping_) { detail::throwAborted(); }
}

SLUICE_DECL asio::awaitable<void> ReceiverStage::sleep(Duration wait)
{
    if (!context_.io) { detail::throwAborted(); } // a child of a receiver that has ended
    const Instant until = now() + engine::detail::withinReason(wait);
    if (stopping_) { co_await detail::letOthersRun(); }
    while (!stopping_ && now() < until) {
        co_await waitUntil(until); // which a new rate ends early
    }
    if (stopping_) { detail::throwAborted(); }
}

SLUICE_DECL void ReceiverStage::addBlock(AnyPartition block)
{
    blocks_.push_back(std::move(block));
}

SLUICE_DECL void ReceiverStage::addRange(OffsetRange range)
{
    ranges_.push_back(std::move(range));
}

SLUICE_DECL bool ReceiverStage::blockIsDue()
{
    if (!blocksEndBeforeBatches_) { return false; }
    const Instant at = now();
    const bool due = blockEnds_ && at >= *blockEnds_;
    if (due || !blockEnds_) { blockEnds_ = at + blockInterval_; }
    return due;
}

SLUICE_DECL void ReceiverStage::cut(BatchMetadata& batch)
{
    closeBlock();
    blockEnds_.reset();
    cutBytes_.push_back(bytes_);
    bufferedBytes_ += bytes_;
    BatchInput input;
    input.records = std::exchange(records_, 0);
    input.bytes = std::exchange(bytes_, 0);
    input.bufferedBytes = bufferedBytes_;
    input.rateLimit = controller_.limit();
    batch.offsets.insert(batch.offsets.end(), ranges_.begin(), ranges_.end());
    taken_.add(batch.time, std::exchange(ranges_, {}));
    give(batch, std::exchange(blocks_, {}), std::move(input));
}

SLUICE_DECL void ReceiverStage::completed(const BatchCompleted& batch)
{
    if (!cutBytes_.empty()) {
        bufferedBytes_ -= cutBytes_.front();
        cutBytes_.pop_front();
    }
    taken_.completed(
        batch,
        [this](const OffsetRange& range) {
            if (acknowledge_) { acknowledge_(range); }
        },
        [this](const std::string& why) { reportError("acknowledge: " + why); });
    detail::learn(controller_, batch, info().id);
    if (controller_.limit() != limiter_.rate() && context_.clock) {
        followRate();
        endWaits(); // who waits for the rate looks again
    }
    room_.notify();
}

} // namespace sluice::inline SLUICE_ABI
