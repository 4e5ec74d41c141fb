#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/storage/batch.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What the two ends of a channel share.
template <class T>
class ChannelState {
public:
    explicit ChannelState(std::size_t capacity) : capacity_{capacity} {}

    /// Calls `gate.complete()` once there is room, or nobody will ever make any.
    void whenRoom(engine::Gate& gate)
    {
        {
            const std::lock_guard lock{mutex_};
            if (batches_.size() >= capacity_ && !open_) {
                waiting_ = &gate;
                return;
            }
        }
        gate.complete();
    }

    void put(Batch<T> batch)
    {
        {
            const std::lock_guard lock{mutex_};
            if (readerGone_) { return; }
            batches_.push_back(std::move(batch));
        }
        changed_.notify();
    }

    /// Nobody reads any more: whatever comes from here on is dropped.
    void abandon()
    {
        const std::lock_guard lock{mutex_};
        readerGone_ = true;
        batches_.clear();
        letAllIn();
    }

    /// A stop waits for no reader: the batch under way comes in even where there is no room.
    void hurry()
    {
        const std::lock_guard lock{mutex_};
        letAllIn();
    }

    /// Nothing follows; the reader sees what is there, and then `failure` or the end.
    void end(std::exception_ptr failure)
    {
        {
            const std::lock_guard lock{mutex_};
            ended_ = true;
            failure_ = std::move(failure);
        }
        changed_.notify();
    }

    /// For who waits until it is readable.
    [[nodiscard]] engine::Signal& changed() noexcept { return changed_; }

    [[nodiscard]] bool isReadable() const
    {
        const std::lock_guard lock{mutex_};
        return !batches_.empty() || ended_;
    }

    [[nodiscard]] std::optional<Batch<T>> take()
    {
        const std::lock_guard lock{mutex_};
        if (batches_.empty()) {
            if (failure_) { std::rethrow_exception(failure_); }
            return std::nullopt;
        }
        std::optional<Batch<T>> taken{std::move(batches_.front())};
        batches_.pop_front();
        letIn();
        return taken;
    }

private:
    void letAllIn()
    {
        open_ = true;
        letIn();
    }

    void letIn()
    {
        if (auto* gate = std::exchange(waiting_, nullptr)) { gate->complete(); }
    }

    mutable std::mutex mutex_;
    engine::Signal changed_;
    std::deque<Batch<T>> batches_;
    engine::Gate* waiting_ = nullptr; // of a stage that waits for room
    std::size_t capacity_;
    bool open_ = false; // full or not
    bool readerGone_ = false;
    bool ended_ = false;
    std::exception_ptr failure_;
};

/// The writing end: its gate opens when the channel has room, so that a slow reader holds the
/// batches back.
template <class T>
class ChannelOutput final : public engine::Output {
public:
    ChannelOutput(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
        std::shared_ptr<ChannelState<T>> state)
        : Output{std::move(info), std::move(input)}, state_{std::move(state)}
    {
    }

    [[nodiscard]] std::size_t otherGates() const override { return 1; }
    void armed() override { state_->whenRoom(gate()); }
    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void commit(const engine::BatchContext& batch) override
    {
        state_->put(Batch<T>{this->input(), batch.metadata});
    }
    void abandon() override { state_->hurry(); }
    void stopped(const std::exception_ptr& failure) override { state_->end(failure); }

private:
    std::shared_ptr<ChannelState<T>> state_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The reading end of a channel: the batches of a stream, for a coroutine of the user's own.
/// Move-only; one reader at a time. Batches are dropped once it is destroyed.
template <class T>
class Channel {
public:
    explicit Channel(std::shared_ptr<detail::ChannelState<T>> state) : state_{std::move(state)} {}
    Channel(Channel&&) noexcept = default;
    /// The channel that was here before is abandoned, as if destroyed.
    Channel& operator=(Channel&& other) noexcept
    {
        Channel taken{std::move(other)};
        state_.swap(taken.state_);
        return *this;
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel()
    {
        if (state_) { state_->abandon(); }
    }

    /// The next batch; nothing after the context has stopped. Rethrows the failure that stopped it.
    Awaitable<std::optional<Batch<T>>> next()
    {
        const auto state = state_; // the channel may be moved while this waits
        while (!state->isReadable()) {
            co_await state->changed().wait(
                std::bind_front(&detail::ChannelState<T>::isReadable, state.get()));
        }
        co_return state->take();
    }

private:
    std::shared_ptr<detail::ChannelState<T>> state_;
};

/// The output operation behind `toChannel()`.
class ToChannel {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"toChannel"};

    explicit ToChannel(std::size_t capacity) : capacity_{capacity} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> Channel<T>
    {
        auto input = detail::closeChain(stream);
        auto state = std::make_shared<detail::ChannelState<T>>(capacity_);
        engine::Runtime& runtime = stream.runtime();
        runtime.add(engine::makeStage<detail::ChannelOutput<T>, engine::Output>(
            runtime.newStage(name), std::move(input), state));
        return Channel<T>{std::move(state)};
    }

private:
    std::size_t capacity_;
};

/// The batches of the stream in the user's own coroutine: `while (auto batch = co_await
/// channel.next())`.
///
/// - **Types**: `DStream<T>` to an output operation, whose result is a `Channel<T>`.
/// - **Takes**: how many batches may wait for the reader, at least 1.
/// - **Shape**: closes the chain: what `cache()` says of that holds here.
/// - **Time**: while the channel is full the next batch waits, which the scheduling delay shows; a
///   graceful stop waits for the reader within its time limit.
/// - **Empty**: empty batches come too.
/// - **Errors**: InvalidArgument for a capacity of 0; `next()` rethrows what stopped the context.
/// - **Source**: none in Spark.
[[nodiscard]] inline ToChannel toChannel(std::size_t capacity = 1)
{
    if (detail::notNegative(capacity, "toChannel(capacity)") == 0) {
        throw InvalidArgument{"sluice: toChannel(capacity): 0 given, must be at least 1"};
    }
    return ToChannel{capacity};
}

} // namespace sluice::inline SLUICE_ABI
