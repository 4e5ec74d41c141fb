#pragma once

#include <sluice/engine/options.hpp>
#include <sluice/engine/rate_controller.hpp>
#include <sluice/engine/rate_limiter.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/input/detail/taken_ranges.hpp>
#include <sluice/input/source_stage.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What all receivers share, whatever they receive: they are run, restarted with growing waits and
/// stopped; what they accept is counted, held within `maxBufferedBytes` and to the rate that the
/// batches allow, and given to the next batch. All of it happens on `io`.
class ReceiverStage : public SourceStage {
public:
    ReceiverStage(engine::StageInfo&& info, const Options& options,
        std::function<void(const OffsetRange&)> acknowledge = {});
    ~ReceiverStage() override;

    Awaitable<void> run(engine::SourceContext context) final;
    void stop() override;
    void cut(BatchMetadata& batch) final;
    void completed(const BatchCompleted& batch) final;

    /// Whether the context, or the receiver, is to end.
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    /// Says that the receiver receives.
    void started();

    /// Reports an error and goes on.
    void reportError(std::string message);

    /// Reports that `records` records of input were refused. From any thread that works on what
    /// this receiver brought.
    void reportRefused(std::string message, std::size_t records);

    /// Once the present run has ended it is begun again, after `wait` or the next of the growing
    /// waits.
    void restart(std::string message, std::optional<Duration> wait);

    /// `records` more were accepted, in `bytes` bytes. Accepting is never refused: await `room`
    /// before the next.
    void accept(std::size_t records, std::size_t bytes);

    /// Suspends until more may be accepted, and now and then so that others on `io` have their
    /// turn. Throws `operation_aborted` once the receiver is to end.
    Awaitable<void> room();

    /// Suspends for `wait`, or until the receiver is to end, and throws then. Several may wait at
    /// once.
    Awaitable<void> sleep(Duration wait);

    /// What a block counts at least: many small ones take more memory than their records.
    static constexpr std::size_t leastBlockBytes = 64;

    /// A partition for the next batch; its records were accepted before.
    void addBlock(AnyPartition block);
    /// What the next batch has taken from an outside source; acknowledged when it is completed.
    void addRange(OffsetRange range);

    /// Whether records gathered one at a time are to become a block before the next is added.
    [[nodiscard]] bool blockIsDue();

    /// Where the receiver runs, one handler at a time; nothing outside of a run.
    [[nodiscard]] const Executor& io() const noexcept { return context_.io; }

protected:
    /// One run of the receiver. It ends for good where it returns, and is begun again where it
    /// throws.
    virtual Awaitable<void> receive() = 0;

    /// Adds what was gathered as a block.
    virtual void closeBlock() {}

    [[nodiscard]] Instant now() const;

    bool announcesItself_ = false; ///< `receive` says when it has `started`

private:
    struct Ended {
        bool again = false;
        std::string message;
    };

    /// A wait under way, which a stop or a new rate ends.
    class Wait;

    Awaitable<void> runOnce(Ended& ended);
    Awaitable<void> waitUntil(Instant instant);
    void followRate();
    void endWaits();
    static void letGo(ReceiverStage* stage) noexcept;
    void say(ReceiverInfo& info, std::string message) const;
    [[nodiscard]] bool hasRoom() const;
    [[nodiscard]] Duration nextWait();

    Reconnect reconnect_;
    std::size_t maxBufferedBytes_;
    Duration blockInterval_;
    bool blocksEndBeforeBatches_;
    engine::RateController controller_;
    std::chrono::nanoseconds slack_;
    engine::RateLimiter limiter_;
    std::size_t unpaid_ = 0;  // records accepted that the limiter does not know of yet
    std::size_t payFrom_ = 1; // so many of them are told to it at once
    std::function<void(const OffsetRange&)> acknowledge_;

    engine::SourceContext context_;
    std::vector<Wait*> waits_;
    bool stopping_ = false;
    bool started_ = false;
    std::optional<std::string> restart_; // asked for, and why
    std::optional<Duration> restartWait_;
    Duration wait_;
    std::uint64_t random_;

    std::vector<AnyPartition> blocks_; // not cut yet
    std::vector<OffsetRange> ranges_;  // not cut yet
    std::size_t records_ = 0;          // accepted since the last cut
    std::size_t bytes_ = 0;            // the same
    std::size_t turn_ = 0;             // bytes accepted since others had their turn on `io`
    std::optional<Instant> blockEnds_;
    std::deque<std::size_t> cutBytes_; // of the batches that are not completed
    std::size_t bufferedBytes_ = 0;    // in all of those
    detail::TakenRanges taken_;
    engine::Signal room_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/receiver_stage.ipp>
#endif
