#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/crew.hpp>
#include <sluice/engine/detail/engine_thread.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/source.hpp>
#include <sluice/engine/spawn.hpp>
#include <sluice/engine/stage_graph.hpp>
#include <sluice/impl/own_executors.ipp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
// Longer times than a century overflow a clock that counts nanoseconds.
constexpr Duration longest = std::chrono::hours{24 * 36'525};

/// Whether this thread is one of `executor`'s, as far as the executor is of a kind that can say so.
inline bool runsHere(const asio::any_io_executor& executor)
{
    const auto here = [](const auto* known) { return known && known->running_in_this_thread(); };
    return here(executor.target<asio::io_context::executor_type>()) ||
           here(executor.target<asio::thread_pool::executor_type>()) ||
           here(executor.target<asio::strand<asio::any_io_executor>>()) ||
           here(executor.target<asio::strand<asio::io_context::executor_type>>()) ||
           here(executor.target<asio::strand<asio::thread_pool::executor_type>>());
}
} // namespace detail

/// Three coroutines: `tick` cuts a batch per interval on `io`, `process` runs the batches that wait
/// on `compute`, `shutDown` ends both. Sources run on `io` beside them. All of `io` is one strand.
class Runtime::Impl : public std::enable_shared_from_this<Impl> {
public:
    explicit Impl(Options options)
        : options_{std::move(options)},
          executors_{options_},
          strand_{asio::make_strand(executors_.io())},
          io_{strand_},
          crew_{std::make_shared<Crew>(executors_.compute(), options_.parallelism,
              executors_.ownCompute() ? std::chrono::microseconds{50}
                                      : std::chrono::microseconds{0})}
    {
    }

    void start()
    {
        {
            const std::lock_guard lock{mutex_};
            if (state_ == State::active) { return; }
            if (state_ == State::stopped) {
                throw IllegalState{
                    "sluice: start(): this context was stopped and cannot start again"};
            }
            if (outputs_.empty()) {
                throw InvalidArgument{
                    "sluice: start(): no output operation is registered, so nothing "
                    "would run; add one such as print() or foreachBatch(f)"};
            }
            sources_.clear(); // a start that threw may have left some
            graph_.emplace(outputs_, options_.maxTaskFailures);
            for (Stage* stage : graph_->stages()) {
                if (Source* source = stage->source()) { sources_.push_back(source); }
            }
            timer_ = options_.clock->makeTimer(io_);
            const auto interval = options_.batchInterval;
            next_ = Time{(options_.clock->now().time_since_epoch() / interval + 1) * interval};
            state_ = State::active;
        }
        post(io_, [self = shared_from_this()] { self->begin(); });
    }

    void requestStop(Stop mode)
    {
        State before;
        {
            const std::lock_guard lock{mutex_};
            before = state_;
            if (before == State::initialized) { state_ = State::stopped; }
        }
        if (before == State::active) {
            post(io_, [self = shared_from_this(), mode] { self->beginStop(mode); });
        } else if (before == State::initialized) {
            tellOutputs(nullptr);
            stoppedCondition_.notify_all();
            stoppedSignal_.notify();
        }
    }

    /// Whether waiting here for the end would keep it from coming.
    bool wouldWaitForItself() const
    {
        return detail::onEngineThread || strand_.running_in_this_thread() ||
               detail::runsHere(executors_.io()) || detail::runsHere(executors_.compute());
    }

    /// The context goes, and nobody can wait for the batches that did not begin.
    void forsake()
    {
        const std::lock_guard lock{mutex_};
        halted_ = true;
        waiting_.clear();
    }

    bool waitFor(std::optional<Duration> timeout)
    {
        if (wouldWaitForItself()) {
            throw IllegalState{
                "sluice: awaitTermination(): called on a thread of the engine, which "
                "would wait for itself; use co_await context.terminated()"};
        }
        std::unique_lock lock{mutex_};
        const auto stopped = [this] { return state_ == State::stopped; };
        if (!timeout) {
            stoppedCondition_.wait(lock, stopped);
        } else if (!stoppedCondition_.wait_for(
                       lock, std::min(*timeout, detail::longest), stopped)) {
            return false;
        }
        if (failure_) { std::rethrow_exception(failure_); }
        return true;
    }

    /// Static, since who waits may be resumed after the context has gone.
    static asio::awaitable<void> terminated(std::shared_ptr<Impl> self)
    {
        while (!self->isStopped()) {
            co_await self->stoppedSignal_.wait(std::bind_front(&Impl::isStopped, self.get()));
        }
        const std::lock_guard lock{self->mutex_};
        if (self->failure_) { std::rethrow_exception(self->failure_); }
    }

    State state() const
    {
        const std::lock_guard lock{mutex_};
        return state_;
    }

    bool isStopped() const { return state() == State::stopped; }

    void mustBeNew(const char* what) const
    {
        const State now = state();
        if (now == State::initialized) { return; }
        throw IllegalState{std::string{"sluice: "} + what + " after the context was " +
                           (now == State::active ? "started" : "stopped") + " is not possible"};
    }

    void join() { executors_.join(); }

    const Options& options() const { return options_; }
    asio::any_io_executor compute() const { return executors_.compute(); }

    asio::any_io_executor ioStrand() const { return io_; }
    EventLog& events() { return events_; }

    std::uint32_t nextId()
    {
        mustBeNew("creating a stream");
        return ids_++;
    }

    void add(std::shared_ptr<Output> output)
    {
        mustBeNew("adding an output operation");
        outputs_.push_back(std::move(output));
    }

    const std::vector<std::shared_ptr<Output>>& outputs() const { return outputs_; }

private:
    struct Waiting {
        std::shared_ptr<const BatchMetadata> metadata;
        Instant submitted;
    };

    /// Runs a coroutine on `io` as one of those that a stop waits for.
    void spawn(asio::awaitable<void> coroutine)
    {
        ++live_;
        engine::spawn(io_, std::move(coroutine),
            [self = shared_from_this()](const std::exception_ptr& failure) {
                if (failure) { self->failOnIo(failure); }
                --self->live_;
                self->ended_.notify();
            });
    }

    void begin()
    {
        if (stopping_) { return; }
        for (Source* source : sources_) {
            spawn(source->run({io_, options_.clock, &events_}));
        }
        spawn(tick());
    }

    asio::awaitable<void> tick()
    {
        while (!stopping_) {
            co_await timer_->waitUntil(next_);
            if (!stopping_ && !isHalted()) { cutBatch(); }
        }
    }

    void cutBatch()
    {
        auto metadata = std::make_shared<BatchMetadata>();
        metadata->time = std::exchange(next_, next_ + options_.batchInterval);
        metadata->index = batches_++;
        for (Source* source : sources_) {
            source->cut(*metadata);
        }
        const auto now = options_.clock->now();
        events_.add(BatchSubmitted{metadata->time, now, metadata->inputRecords});
        {
            const std::lock_guard lock{mutex_};
            if (halted_) { return; }
            waiting_.push_back({std::move(metadata), now});
            if (std::exchange(processing_, true)) { return; }
        }
        engine::spawn(executors_.compute(), process(),
            [self = shared_from_this()](const std::exception_ptr& failure) {
                if (failure) { self->processingFailed(failure); }
            });
    }

    std::optional<Waiting> takeNext()
    {
        const std::lock_guard lock{mutex_};
        if (waiting_.empty()) {
            processing_ = false;
            return std::nullopt;
        }
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    asio::awaitable<void> process()
    {
        while (auto batch = takeNext()) {
            BatchCompleted report;
            report.time = batch->metadata->time;
            report.index = batch->metadata->index;
            report.records = batch->metadata->inputRecords;
            report.submitted = batch->submitted;
            report.started = options_.clock->now();
            // Named: GCC 12 destroys a braced temporary inside a co_await twice.
            BatchContext context{batch->metadata, options_.parallelism};
            auto outcome = co_await graph_->run(std::move(context), crew_);
            report.ended = options_.clock->now();
            report.stages = std::move(outcome.stages);
            report.failure = describe(outcome.failure);
            events_.add(std::move(report));
            if (outcome.failure && options_.onBatchFailure == OnBatchFailure::stop) {
                fail(outcome.failure);
            }
            post(io_, [self = shared_from_this()] { self->completed(); });
        }
        ended_.notify();
    }

    /// The engine's own failure: what a stage throws is part of its batch's outcome.
    void processingFailed(const std::exception_ptr& failure)
    {
        fail(failure);
        {
            const std::lock_guard lock{mutex_};
            processing_ = false;
        }
        ended_.notify();
    }

    void completed()
    {
        for (Source* source : sources_) {
            source->completed();
        }
    }

    static std::string describe(const std::exception_ptr& failure)
    {
        if (!failure) { return {}; }
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            return error.what();
        } catch (...) {
            return "unknown exception";
        }
    }

    /// Keeps the first failure, drops the batches that wait and asks for the stop.
    void fail(std::exception_ptr failure)
    {
        {
            const std::lock_guard lock{mutex_};
            if (!failure_) { failure_ = std::move(failure); }
            // A batch that is cut before the stop begins must not run: outputs would see a gap.
            halted_ = true;
            waiting_.clear();
        }
        requestStop(Stop::now);
    }

    void failOnIo(const std::exception_ptr& failure)
    {
        events_.add(SourceEvent{
            "", SourceEvent::Kind::failed, options_.clock->now(), 0, describe(failure)});
        fail(failure);
    }

    void beginStop(Stop mode)
    {
        if (mode == Stop::now) {
            dropWaiting_ = true;
            drop();
        }
        if (std::exchange(stopping_, true)) { return; }
        timer_->cancel();
        for (Source* source : sources_) {
            source->stop();
        }
        engine::spawn(
            io_, shutDown(), [self = shared_from_this()](const std::exception_ptr& failure) {
                self->finish(failure);
            });
    }

    /// Forgets the batches that wait; says how many records were in them.
    std::size_t drop()
    {
        for (const auto& output : outputs_) {
            output->abandon();
        }
        std::size_t records = 0;
        {
            const std::lock_guard lock{mutex_};
            for (const Waiting& batch : waiting_) {
                records += batch.metadata->inputRecords;
            }
            halted_ = true;
            waiting_.clear();
        }
        return records;
    }

    asio::awaitable<void> shutDown()
    {
        while (!sourcesEnded()) {
            co_await ended_.wait(std::bind_front(&Impl::sourcesEnded, this));
        }
        if (!dropWaiting_) {
            try {
                cutBatch(); // what came since the last tick
            } catch (...) {
                failOnIo(std::current_exception());
            }
            deadline_ = options_.clock->makeTimer(io_);
            engine::spawn(
                io_, watch(), [self = shared_from_this()](const std::exception_ptr& failure) {
                    self->deadline_.reset();
                    if (failure) { self->fail(failure); }
                    self->ended_.notify();
                });
        }
        while (!idle()) {
            co_await ended_.wait(std::bind_front(&Impl::idle, this));
        }
        if (deadline_) { deadline_->cancel(); }
        while (!watchEnded()) {
            co_await ended_.wait(std::bind_front(&Impl::watchEnded, this));
        }
    }

    /// The time limit of a graceful stop: gives up what waits when it is over.
    asio::awaitable<void> watch()
    {
        const auto until = options_.clock->now() + *options_.gracefulStopTimeout;
        if (!idle()) { co_await deadline_->waitUntil(until); }
        if (options_.clock->now() >= until) { dropForTimeout(); }
    }

    void dropForTimeout()
    {
        const auto records = drop();
        if (records == 0) { return; }
        events_.add(RecordsDropped{options_.clock->now(), records});
        const std::lock_guard lock{mutex_};
        if (failure_) { return; }
        failure_ = std::make_exception_ptr(Error{ErrorCode::stopTimeout,
            "sluice: stop(Stop::graceful): gracefulStopTimeout of " +
                toString(*options_.gracefulStopTimeout) + " is over, dropped " +
                std::to_string(records) + " records"});
    }

    bool sourcesEnded() const { return live_ == 0; }
    bool watchEnded() const { return deadline_ == nullptr; }

    bool idle() const
    {
        const std::lock_guard lock{mutex_};
        return !processing_;
    }

    bool isHalted() const
    {
        const std::lock_guard lock{mutex_};
        return halted_;
    }

    /// Whatever an output throws here, the stop goes on: the first failure is kept.
    void tellOutputs(const std::exception_ptr& failure)
    {
        for (const auto& output : outputs_) {
            try {
                output->stopped(failure);
            } catch (...) {
                const std::lock_guard lock{mutex_};
                if (!failure_) { failure_ = std::current_exception(); }
            }
        }
    }

    void finish(const std::exception_ptr& failure)
    {
        std::exception_ptr last;
        {
            const std::lock_guard lock{mutex_};
            if (failure && !failure_) { failure_ = failure; }
            last = failure_;
        }
        tellOutputs(last);
        {
            const std::lock_guard lock{mutex_};
            state_ = State::stopped;
            stoppedCondition_.notify_all();
        }
        stoppedSignal_.notify();
    }

    EventLog events_;
    std::uint32_t ids_ = 0;
    std::vector<std::shared_ptr<Output>> outputs_;
    Options options_;
    OwnExecutors executors_;
    asio::strand<asio::any_io_executor> strand_;
    asio::any_io_executor io_; // the strand, as everyone but this class knows it
    std::shared_ptr<Crew> crew_;

    // Of the strand.
    std::optional<StageGraph> graph_; // and of the one batch that is processed
    std::vector<Source*> sources_;
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<Timer> deadline_; // while a graceful stop's time limit runs
    Time next_{};
    std::uint64_t batches_ = 0;
    std::size_t live_ = 0;
    bool stopping_ = false;
    bool dropWaiting_ = false;
    Signal ended_; // something that a stop waits for has ended

    mutable std::mutex mutex_; // guards what follows
    State state_ = State::initialized;
    std::exception_ptr failure_;
    std::deque<Waiting> waiting_;
    bool processing_ = false;
    bool halted_ = false; // no further batch may begin
    std::condition_variable stoppedCondition_;
    Signal stoppedSignal_;
};

namespace detail {
inline Options checked(Options options)
{
    const auto refuse = [](const std::string& text) { throw InvalidArgument{"sluice: " + text}; };
    if (options.batchInterval < Duration{1}) {
        refuse(
            "batchInterval: " + toString(options.batchInterval) + " given, must be at least 1 ms");
    }
    if (options.defaultPartitions == 0) {
        refuse("defaultPartitions: 0 given, must be at least 1");
    }
    if (options.maxTaskFailures == 0) { refuse("maxTaskFailures: 0 given, must be at least 1"); }
    if (options.maxBufferedBytes == 0) { refuse("maxBufferedBytes: 0 given, must be at least 1"); }
    if (options.maxLineBytes == 0) { refuse("maxLineBytes: 0 given, must be at least 1"); }
    const Reconnect& reconnect = options.reconnect;
    if (reconnect.first < Duration{1} || reconnect.atMost < reconnect.first) {
        refuse("reconnect: first " + toString(reconnect.first) + ", atMost " +
               toString(reconnect.atMost) + " given, must be at least 1 ms and first <= atMost");
    }
    if (!(reconnect.jitter >= 0 && reconnect.jitter < 1)) {
        refuse("reconnect.jitter: " + std::to_string(reconnect.jitter) +
               " given, must be from 0 to below 1");
    }
    if (options.gracefulStopTimeout && *options.gracefulStopTimeout < Duration{0}) {
        refuse("gracefulStopTimeout: " + toString(*options.gracefulStopTimeout) +
               " given, must not be negative");
    }
    if (options.batchInterval > longest / 100) {
        refuse(
            "batchInterval: " + toString(options.batchInterval) + " given, must be at most a year");
    }
    if (!options.gracefulStopTimeout) {
        options.gracefulStopTimeout = std::max(10 * options.batchInterval, Duration{10'000});
    }
    options.gracefulStopTimeout = std::min(*options.gracefulStopTimeout, longest);
    options.reconnect.first = std::min(options.reconnect.first, longest / 2);
    options.reconnect.atMost = std::min(options.reconnect.atMost, longest / 2);
    if (options.parallelism == 0) {
        options.parallelism = std::max(1U, std::thread::hardware_concurrency());
    }
    if (!options.clock) { options.clock = makeSystemClock(); }
    return options;
}
} // namespace detail

SLUICE_DECL Runtime::Runtime(const Options& options)
    : impl_{std::make_shared<Impl>(detail::checked(options))}
{
}

SLUICE_DECL Runtime::~Runtime()
{
    try {
        if (state() != State::stopped) { stop(Stop::now); }
        impl_->forsake();
        impl_->join();
    } catch (...) { // there is nobody left to tell
    }
}

SLUICE_DECL const Options& Runtime::options() const noexcept
{
    return impl_->options();
}
SLUICE_DECL asio::any_io_executor Runtime::io() const
{
    return impl_->ioStrand();
}
SLUICE_DECL asio::any_io_executor Runtime::compute() const
{
    return impl_->compute();
}
SLUICE_DECL EventLog& Runtime::events() noexcept
{
    return impl_->events();
}

SLUICE_DECL std::uint32_t Runtime::nextId()
{
    return impl_->nextId();
}

SLUICE_DECL StageInfo Runtime::newStage(std::string_view name, std::string fused)
{
    if (fused.empty()) { fused = name; }
    return {nextId(), std::string{name}, std::move(fused)};
}

SLUICE_DECL void Runtime::add(std::shared_ptr<Output> output)
{
    impl_->add(std::move(output));
}

SLUICE_DECL void Runtime::start()
{
    impl_->start();
}
SLUICE_DECL void Runtime::requestStop(Stop mode)
{
    const auto impl = impl_; // whoever waits for the stop may destroy this meanwhile
    impl->requestStop(mode);
}
SLUICE_DECL void Runtime::stop(Stop mode)
{
    const auto impl = impl_; // whoever waits for the stop may destroy this meanwhile
    impl->requestStop(mode);
    if (impl->wouldWaitForItself()) { return; }
    try {
        (void)impl->waitFor(std::nullopt);
    } catch (...) { // the failure is awaitTermination's to report
    }
}
SLUICE_DECL State Runtime::state() const
{
    return impl_->state();
}
SLUICE_DECL void Runtime::awaitTermination()
{
    const auto impl = impl_;
    (void)impl->waitFor(std::nullopt);
}
SLUICE_DECL bool Runtime::awaitTerminationOrTimeout(Duration timeout)
{
    const auto impl = impl_;
    return impl->waitFor(timeout);
}
SLUICE_DECL asio::awaitable<void> Runtime::terminated()
{
    return Impl::terminated(impl_);
}
SLUICE_DECL std::string Runtime::explain() const
{
    return engine::explain({impl_->outputs().begin(), impl_->outputs().end()});
}

} // namespace sluice::inline SLUICE_ABI::engine
