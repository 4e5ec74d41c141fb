#pragma once

#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/detail/record_bytes.hpp>
#include <sluice/input/receiver_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What a receiver hands its records to. Belongs to one receiver, to be used where that runs, on
/// `io`.
///
/// `emit` takes what it is given at once, and its coroutine ends when more may come: while the
/// buffer is full (`Options::maxBufferedBytes`) or the rate is exceeded, `co_await emit(...)`
/// suspends the receiver. Once the receiver is to end it throws `operation_aborted`, as what the
/// receiver awaits of Asio does; what was emitted before is not lost.
///
/// With GCC 12 give `emit` a named vector: it destroys a braced temporary inside a `co_await`
/// twice.
template <class T>
class Emitter {
public:
    explicit Emitter(ReceiverStage& stage) : stage_{stage} {}
    Emitter(const Emitter&) = delete;
    Emitter& operator=(const Emitter&) = delete;

    /// One record. Those that come within a `blockInterval` become one partition.
    [[nodiscard]] Awaitable<void> emit(T record)
    {
        mustOwn();
        if (stage_.blockIsDue()) { close(); }
        stage_.accept(1, detail::bytesOf(record));
        open_.push_back(std::move(record));
        return stage_.room();
    }

    /// A block: one partition with all of `records`.
    [[nodiscard]] Awaitable<void> emit(std::vector<T> records)
    {
        mustOwn();
        add(std::move(records));
        return stage_.room();
    }

    /// A block and where it is found again in the outside source; acknowledged when the batch that
    /// it comes into is completed well.
    [[nodiscard]] Awaitable<void> emit(std::vector<T> records, OffsetRange range)
    {
        mustOwn();
        add(std::move(records));
        stage_.addRange(std::move(range));
        return stage_.room();
    }

    /// A block in memory that the partition owns, of `bytes` bytes: records may be views into it.
    [[nodiscard]] Awaitable<void> emit(Partition<T> block, std::size_t bytes)
    {
        if (!block.empty()) {
            close();
            stage_.accept(block.size(), std::max(bytes, ReceiverStage::leastBlockBytes));
            stage_.addBlock(block.any());
        }
        return stage_.room();
    }
    [[nodiscard]] Awaitable<void> emit(Partition<T> block, std::size_t bytes, OffsetRange range)
    {
        stage_.addRange(std::move(range));
        return emit(std::move(block), bytes);
    }

    /// Tells the listeners of an error; receiving goes on.
    void reportError(std::string message) { stage_.reportError(std::move(message)); }

    /// Counts records from outside that are refused, and tells the listeners why.
    void reportRefused(std::string message, std::size_t records = 1)
    {
        stage_.reportRefused(std::move(message), records);
    }

    /// Asks for another run once the receiver has returned: after `wait`, or after the next of the
    /// growing waits of `Options::reconnect`. What the receiver throws does the same.
    void restart(std::string message, std::optional<Duration> wait = {})
    {
        stage_.restart(std::move(message), wait);
    }

    /// Whether the receiver is to end.
    [[nodiscard]] bool stopping() const noexcept { return stage_.stopping(); }

    /// Waits by the context's clock.
    [[nodiscard]] Awaitable<void> sleep(Duration wait) { return stage_.sleep(wait); }

    /// Where the receiver runs: for its sockets and timers.
    [[nodiscard]] asio::any_io_executor executor() const { return stage_.io().get(); }

    /// The records gathered so far become a partition. Called by the engine.
    void close()
    {
        if (!open_.empty()) { stage_.addBlock(makePartition(std::exchange(open_, {})).any()); }
    }

private:
    static consteval void mustOwn()
    {
        static_assert(Owning<T>, "sluice: emit(record): the records must own what they refer to; "
                                 "or emit a Partition<T> that owns the memory under its records");
    }

    void add(std::vector<T> records)
    {
        if (records.empty()) { return; }
        close();
        std::size_t bytes = 0;
        for (const T& record : records) {
            bytes += detail::bytesOf(record);
        }
        stage_.accept(records.size(), std::max(bytes, ReceiverStage::leastBlockBytes));
        stage_.addBlock(makePartition(std::move(records)).any());
    }

    ReceiverStage& stage_;
    std::vector<T> open_;
};

/// `F` receives records of type `T`: a coroutine `asio::awaitable<void>(Emitter<T>&)`.
template <class F, class T>
concept Receiver = std::move_constructible<F> && requires(F& receiver, Emitter<T>& emitter) {
    {
        receiver(emitter)
    } -> std::same_as<Awaitable<void>>;
};

/// How a receiver is known, and told what has been processed.
struct ReceiverOptions {
    std::string name = "receiver"; ///< in events, metrics and `explain()`
    /// Called on `io` for each range that was emitted with a block, once the batch it came into is
    /// completed well: what a source needs that keeps what was not acknowledged.
    std::function<void(const OffsetRange&)> acknowledge{};
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

template <class T, class F>
class CoroutineReceiver final : public ReceiverStage {
public:
    CoroutineReceiver(engine::StageInfo&& info, const Options& options, F receiver,
        std::function<void(const OffsetRange&)> acknowledge)
        : ReceiverStage{std::move(info), options, std::move(acknowledge)},
          receiver_{std::move(receiver)}
    {
    }

private:
    Awaitable<void> receive() override { return receiver_(emitter_); }
    void closeBlock() override { emitter_.close(); }

    F receiver_;
    Emitter<T> emitter_{*this};
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// A stream of what a receiver of the user's own brings in: `receiverStream<long>(context,
/// receiver)`.
///
/// - **Types**: `asio::awaitable<void>(Emitter<T>&)` to `DStream<T>`.
/// - **Takes**: the coroutine function, kept by the stream and called anew for each run, and
///   `ReceiverOptions`. It runs on `io` and must not block.
/// - **Shape**: a partition for each block, and for the single records of each `blockInterval`.
/// - **Time**: a record belongs to the batch in whose interval it was emitted.
/// - **Empty**: an interval without records gives an empty batch without partitions.
/// - **Errors**: what the receiver throws ends the run; it is begun again after a growing wait
///   (`Options::reconnect`), and listeners see `ReceiverStopped` and `ReceiverStarted`. A receiver
///   that returns is done, unless it asked for a `restart`. Nothing here fails the context.
/// - **Cost**: single records are moved once and cost one short coroutine each; blocks are not
///   copied.
/// - **Source**: Spark's `StreamingContext.receiverStream` and `Receiver`. There a receiver that
///   stops itself is started again; here it is done.
template <class T, class F>
[[nodiscard]] DStream<T> receiverStream(
    engine::Runtime& runtime, F receiver, ReceiverOptions options = {})
{
    constexpr bool receives = Receiver<F, T>;
    static_assert(receives, "sluice: receiverStream<T>(context, receiver): the receiver must be "
                            "callable as boost::asio::awaitable<void>(Emitter<T>&)");
    if constexpr (receives) {
        return {runtime,
            engine::makeStage<detail::CoroutineReceiver<T, F>>(runtime.newStage(options.name),
                runtime.options(), std::move(receiver), std::move(options.acknowledge))};
    } else {
        return {runtime, nullptr};
    }
}

} // namespace sluice::inline SLUICE_ABI
