#pragma once

#include <sluice/algebra/step_failure.hpp> // SkippedRecords
#include <sluice/engine/clock.hpp>
#include <sluice/engine/config.hpp>
#include <sluice/engine/executor.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/engine/spawn.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/storage/partition.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// What the calls of a stage share, from one batch to the next.
struct CallSettings {
    std::string name; ///< of the operator
    std::size_t concurrency = 1;
    std::optional<Duration> timeout{};
    Executor compute{};
    std::shared_ptr<Clock> clock{};
    std::weak_ptr<const void> engine{}; ///< whose executors the calls run on
};

/// One of those who call, one call after the other, each on a strand of its own.
class Caller {
public:
    Caller() = default;
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    virtual ~Caller() = default;

    std::size_t partition = 0; // of the record that the call is for
    std::size_t record = 0;    // within the partition
    bool fresh = false;        // no call failed since its function was copied

private:
    friend class CallRun;

    Executor strand_;
    engine::Cancellation cancellation_;
    unsigned attempt_ = 1;
    std::uint64_t call_ = 0; // number of the call
    Instant due_{};          // when the call is cancelled, or, once it is, left behind
    bool running_ = false;
    bool cancelled_ = false;
    bool settled_ = false;    // the result of the call is taken
    bool leftBehind_ = false; // did not end when cancelled: nobody waits for it
};

/// The calls of one batch: an asynchronous one for each record, a bounded number under way at once.
/// A coroutine that is left behind keeps all of this alive, and the engine.
class CallRun : public std::enable_shared_from_this<CallRun> {
public:
    CallRun(const CallSettings& settings, std::vector<AnyPartition> input,
        std::atomic<std::size_t>& leftBehind);
    CallRun(const CallRun&) = delete;
    CallRun& operator=(const CallRun&) = delete;
    virtual ~CallRun();

    /// Makes the first calls; to be called on `compute`. `ended` opens when all calls are over.
    void start(const engine::SuspensionContext& context);
    [[nodiscard]] engine::Gate& ended() noexcept { return ended_; }

    /// Ends the calls under way, and makes no more. From any thread.
    void abandon();

    /// Tells what became of the calls; throws if they failed or were abandoned.
    void report(engine::SuspensionContext& context) const;

    /// The results, where all went well.
    virtual void publish(std::vector<AnyPartition>& output) = 0;

protected:
    /// A call has gone well: takes its result. Whether its coroutine is to make another call; what
    /// was cancelled meanwhile is not, since whatever it awaits would end at once.
    [[nodiscard]] bool hasNext(Caller& caller);
    [[nodiscard]] const std::vector<AnyPartition>& input() const noexcept { return input_; }

private:
    using Calls = std::vector<Caller*>;

    virtual std::unique_ptr<Caller> makeCaller() = 0;
    /// The call for the caller's record, afresh where the last one failed, and further ones while
    /// `hasNext`; leaves the result of each with the caller.
    virtual Awaitable<void> call(Caller& caller) = 0;
    /// Takes the result that the caller's last call left, if it did not take it yet.
    virtual void keep(Caller& caller) = 0;

    [[nodiscard]] Executor newStrand() const;
    Caller& addCaller();
    void launch(Caller& caller);
    void callEnded(Caller& caller, const std::exception_ptr& failure);
    void spawnWatch();
    Awaitable<void> watch();
    // Under the lock:
    [[nodiscard]] bool isOver() const noexcept { return abandoned_ || failure_ != nullptr; }
    [[nodiscard]] bool takeNext(Caller& caller);
    [[nodiscard]] bool isKept(Caller& caller, std::exception_ptr& failure);
    [[nodiscard]] bool goesOn(Caller& caller, std::exception_ptr failure);
    void begin(Caller& caller);
    void cancel(Caller& caller, Instant now);
    void cancelAll();
    void callWatch();
    [[nodiscard]] std::optional<Instant> checkTimes(Calls& again);
    [[nodiscard]] std::exception_ptr timeoutError() const;
    [[nodiscard]] bool completes();

    const CallSettings& settings_; // of the stage, which the engine keeps
    std::shared_ptr<const void> engine_;
    std::vector<AnyPartition> input_;
    std::atomic<std::size_t>& leftBehind_;
    Executor watchStrand_;
    std::unique_ptr<Timer> timer_; // of the watch's strand
    engine::Gate ended_;

    std::mutex mutex_; // guards what follows
    std::vector<std::unique_ptr<Caller>> callers_;
    std::size_t nextPartition_ = 0;
    std::size_t nextRecord_ = 0;
    std::size_t unsettled_ = 0; // records without a result that are not skipped either
    std::size_t active_ = 0;    // callers that call, or are about to
    unsigned maxFailures_ = 1;
    bool skips_ = false;
    bool watching_ = false;
    Instant watchUntil_ = Instant::max(); // when it looks at the times again
    bool abandoned_ = false;
    std::exception_ptr failure_;
    std::size_t failedPartition_ = 0;
    std::size_t retries_ = 0;
    engine::SkippedRecords skipped_;
};

/// A stage that calls for each record of its input and suspends until the calls are over.
class CallStage : public engine::Stage {
public:
    CallStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
        const engine::Runtime& runtime, std::size_t concurrency, std::optional<Duration> timeout);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t, engine::TaskContext&) override {}
    [[nodiscard]] bool suspends() const noexcept override { return true; }
    Awaitable<void> work(engine::SuspensionContext& context) override;
    void abandon() override;
    [[nodiscard]] bool leftBehind() const noexcept override { return leftBehind_ > 0; }
    void close(const engine::BatchContext& batch) override;
    void release() noexcept override;

protected:
    [[nodiscard]] const CallSettings& settings() const noexcept { return settings_; }

private:
    virtual std::shared_ptr<CallRun> makeRun(std::atomic<std::size_t>& leftBehind) = 0;

    CallSettings settings_;
    std::atomic<std::size_t> leftBehind_{0};
    std::mutex mutex_; // guards what follows
    std::shared_ptr<CallRun> run_;
    bool abandoned_ = false;
};

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/call_run.ipp>
#include <sluice/impl/call_stage.ipp>
#include <sluice/impl/call_watch.ipp>
#endif
