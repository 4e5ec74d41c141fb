#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/crew.hpp>
#include <sluice/engine/detail/engine_thread.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/engine/lifecycle.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/source.hpp>
#include <sluice/engine/spawn.hpp>
#include <sluice/engine/stage_graph.hpp>
#include <sluice/impl/checked_options.ipp>
#include <sluice/impl/own_executors.ipp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
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

inline std::string textOf(const std::exception_ptr& failure)
{
    return failure ? engine::textOf(failure) : std::string{};
}

/// Whether a coroutine ended because what it awaited was cancelled.
inline bool isAborted(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

/// Tells the event log what the output operations of one batch do.
class OutputReporter final : public OutputObserver {
public:
    OutputReporter(const std::vector<std::shared_ptr<Output>>& outputs, EventLog& events,
        const Clock& clock, Time batchTime)
        : outputs_{outputs},
          events_{events},
          clock_{clock},
          batchTime_{batchTime},
          started_(outputs.size())
    {
    }

    void outputStarted(std::size_t output) override
    {
        started_[output] = clock_.now();
        OutputOperationStarted event;
        describe(event, output);
        events_.add(std::move(event));
    }

    void outputCompleted(std::size_t output, const std::exception_ptr& failure) override
    {
        OutputOperationCompleted event;
        describe(event, output);
        event.ended = clock_.now();
        event.failure = textOf(failure);
        events_.add(std::move(event));
    }

private:
    void describe(OutputOperationInfo& info, std::size_t output) const
    {
        info.batchTime = batchTime_;
        info.id = static_cast<std::uint32_t>(output);
        info.name = outputs_[output]->info().name;
        info.description = outputs_[output]->info().fused;
        info.started = started_[output];
    }

    const std::vector<std::shared_ptr<Output>>& outputs_;
    EventLog& events_;
    const Clock& clock_;
    Time batchTime_;
    std::vector<Instant> started_;
};

// What a stop waits for sources that do not end, where `gracefulStopTimeout` is shorter.
constexpr Duration sourcesEndWithin{10'000};
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

    /// What needs a pointer to itself.
    void prepare()
    {
        events_.onPending([weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                post(self->executors_.compute(), [self] { self->tellListeners(); });
            }
        });
    }

    void start()
    {
        const std::lock_guard lock{starting_};
        if (life_->state() == State::active) { return; }
        if (life_->state() == State::initialized && outputs_.empty()) {
            requestStop(Stop::now);
            throw InvalidArgument{"sluice: start(): no output operation is registered, so nothing "
                                  "would run; add one such as print() or foreachBatch(f)"};
        }
        graph_.emplace(outputs_, options_.maxTaskFailures, options_.onRecordFailure);
        for (Stage* stage : graph_->stages()) {
            if (remember_) { stage->rememberFor(*remember_); }
        }
        const auto interval = options_.batchInterval;
        next_ = Time{(options_.clock->now().time_since_epoch() / interval + 1) * interval};
        if (!life_->activate()) { return; }
        events_.add(StreamingStarted{options_.clock->now()});
        post(io_, [self = shared_from_this()] {
            try {
                self->begin();
            } catch (...) {
                self->fail(std::current_exception());
            }
        });
    }

    /// Whether this thread is one that the end of the context waits for.
    bool runsOnOwnThread() { return executors_.runsHere(); }

    void requestStop(Stop mode)
    {
        if (life_->stopUnstarted()) {
            tellOutputs(nullptr);
        } else if (life_->state() == State::active) {
            // At once, and not when io comes to it: whoever asks within a batch sees no other.
            if (mode == Stop::now) { dropWaiting(); }
            post(io_, [self = shared_from_this(), mode] { self->beginStop(mode); });
        }
    }

    /// Whether waiting here for the end would keep it from coming.
    bool wouldWaitForItself() const
    {
        return detail::onEngineThread || strand_.running_in_this_thread() ||
               detail::runsHere(executors_.io()) || detail::runsHere(executors_.compute());
    }

    bool waitFor(std::optional<Duration> timeout) const
    {
        if (wouldWaitForItself()) {
            throw IllegalState{
                "sluice: awaitTermination(): called on a thread of the engine, which "
                "would wait for itself; use co_await context.terminated()"};
        }
        return life_->waitFor(timeout);
    }

    /// The context goes, and nobody can wait for the batches that did not begin.
    void forsake()
    {
        {
            const std::lock_guard lock{mutex_};
            halted_ = true;
            waiting_.clear();
        }
        abandonStages(); // nobody will make room for the batch under way
        events_.onPending({});
        executors_.end(abandoned_, hasLeftBehind());
    }

    const std::shared_ptr<Lifecycle>& life() const { return life_; }
    const Options& options() const { return options_; }
    asio::any_io_executor compute() const { return executors_.compute(); }
    asio::any_io_executor ioStrand() const { return io_; }
    EventLog& events() { return events_; }

    std::uint32_t nextId()
    {
        life_->mustBeNew("a new stream");
        return ids_++;
    }

    void add(std::shared_ptr<Output> output)
    {
        life_->mustBeNew(output->info().name);
        const std::string target = output->target();
        for (const auto& other : outputs_) {
            if (target.empty() || other->target() != target) { continue; }
            throw InvalidArgument{"sluice: " + output->info().name + ": " + target +
                                  " given, must be another than that of " + other->info().name +
                                  " in this context, whose files it would replace"};
        }
        outputs_.push_back(std::move(output));
    }

    void remember(Duration span)
    {
        life_->mustBeNew("remember(span)");
        if (span <= Duration{}) {
            throw InvalidArgument{
                "sluice: remember(span): span is " + toString(span) + ", must be positive"};
        }
        if (remember_) {
            throw InvalidArgument{"sluice: remember(span): called a second time, with " +
                                  toString(span) + " after " + toString(*remember_)};
        }
        remember_ = span;
    }

    void addCompanion(std::function<asio::awaitable<void>()> companion)
    {
        life_->mustBeNew("addCompanion(companion)");
        companions_.push_back(std::move(companion));
    }

    const std::vector<std::shared_ptr<Output>>& outputs() const { return outputs_; }

private:
    struct Waiting {
        std::shared_ptr<BatchMetadata> metadata;
        Instant submitted;
    };

    /// Batches that did not run.
    struct Dropped {
        std::size_t records = 0;
        std::size_t batches = 0;

        void add(const BatchMetadata& batch)
        {
            records += batch.inputRecords;
            ++batches;
        }
    };

    /// A coroutine on `io` that a stop ends and waits for.
    struct Running {
        std::string name;
        Source* source = nullptr;
        Cancellation cancellation{};
        bool ended = false;
    };

    void run(std::deque<Running>& among, Running running, asio::awaitable<void> coroutine)
    {
        Running& kept = among.emplace_back(std::move(running));
        engine::spawn(
            io_, std::move(coroutine),
            [self = shared_from_this(), &kept](const std::exception_ptr& failure) {
                kept.ended = true;
                if (failure && !(self->stopping_ && detail::isAborted(failure))) {
                    self->fail(failure);
                }
                self->changed_.notify();
            },
            &kept.cancellation);
    }

    void begin()
    {
        timer_ = options_.clock->makeTimer(io_);
        if (stopping_) { return; }
        for (Stage* stage : graph_->stages()) {
            if (Source* source = stage->source()) {
                sources_.push_back(source);
                run(running_, {stage->info().name, source},
                    source->run({Executor{io_}, options_.clock, &events_}));
            }
        }
        for (const auto& companion : companions_) {
            run(beside_, {}, companion());
        }
        run(running_, {"the batch clock"}, tick());
    }

    asio::awaitable<void> tick()
    {
        while (!isOverForTicks()) {
            co_await timer_->waitUntil(next_);
            if (!isOverForTicks()) { cutBatch(); }
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
        {
            const std::lock_guard lock{mutex_};
            if (halted_) { return dropped_.add(*metadata); }
        }
        BatchSubmitted event;
        describe(event, *metadata, now);
        events_.add(std::move(event));
        {
            const std::lock_guard lock{mutex_};
            if (halted_) { return dropped_.add(*metadata); }
            waiting_.push_back({std::move(metadata), now});
            if (std::exchange(processing_, true)) { return; }
        }
        try {
            engine::spawn(executors_.compute(), process(),
                [self = shared_from_this()](const std::exception_ptr& failure) {
                    if (failure) { self->processingFailed(failure); }
                });
        } catch (...) {
            processingFailed(std::current_exception()); // or nothing would ever be idle again
        }
    }

    static void describe(BatchInfo& info, const BatchMetadata& metadata, Instant submitted)
    {
        info.time = metadata.time;
        info.index = metadata.index;
        info.records = metadata.inputRecords;
        info.submitted = submitted;
        info.inputs = metadata.inputs;
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
            auto report = std::make_shared<BatchCompleted>();
            report->started = options_.clock->now();
            prepareSources(*batch->metadata);
            describe(*report, *batch->metadata, batch->submitted);
            announceStart(*report);
            detail::OutputReporter reporter{
                outputs_, events_, *options_.clock, batch->metadata->time};
            // Named: GCC 12 destroys a braced temporary inside a co_await twice.
            BatchContext context{batch->metadata, options_.parallelism};
            auto outcome = co_await graph_->run(std::move(context), crew_, &reporter);
            report->ended = options_.clock->now();
            report->stages = std::move(outcome.stages);
            report->failure = detail::textOf(outcome.failure);
            events_.add(*report);
            if (outcome.failure && isAbandoned(outcome.failure)) {
                const std::lock_guard lock{mutex_};
                dropped_.add(*batch->metadata);
            } else if (outcome.failure && options_.onBatchFailure == OnBatchFailure::stop) {
                fail(outcome.failure);
            }
            {
                const std::lock_guard lock{mutex_};
                ++reporting_;
            }
            post(io_, [self = shared_from_this(), report] { self->completed(*report); });
        }
        changed_.notify();
    }

    void prepareSources(BatchMetadata& batch)
    {
        const detail::EngineThreadScope scope;
        for (Source* source : sources_) {
            source->prepare(batch);
        }
    }

    void announceStart(const BatchInfo& info)
    {
        BatchStarted event;
        static_cast<BatchInfo&>(event) = info;
        events_.add(std::move(event));
    }

    /// The engine's own failure: what a stage throws is part of its batch's outcome.
    void processingFailed(const std::exception_ptr& failure)
    {
        fail(failure);
        {
            const std::lock_guard lock{mutex_};
            processing_ = false;
        }
        changed_.notify();
    }

    void completed(const BatchCompleted& batch)
    {
        try {
            for (Source* source : sources_) {
                source->completed(batch);
            }
        } catch (...) {
            fail(std::current_exception());
        }
        {
            const std::lock_guard lock{mutex_};
            --reporting_;
        }
        changed_.notify();
    }

    void tellListeners()
    {
        const detail::EngineThreadScope scope;
        events_.deliver();
        changed_.notify();
    }

    /// Keeps the first failure and asks for the stop, which drops the batches that wait: outputs
    /// would see a gap.
    void fail(std::exception_ptr failure)
    {
        life_->fail(std::move(failure));
        requestStop(Stop::now);
    }

    /// A stop at once begins, on any thread.
    void dropWaiting()
    {
        {
            const std::lock_guard lock{mutex_};
            graceful_ = false; // before anybody misses what is dropped
        }
        halt();
    }

    /// No further batch begins; those that wait are dropped.
    void halt()
    {
        const std::lock_guard lock{mutex_};
        for (const Waiting& batch : waiting_) {
            dropped_.add(*batch.metadata);
        }
        halted_ = true;
        waiting_.clear();
    }

    void drop()
    {
        abandonStages();
        halt();
    }

    bool hasLeftBehind() const
    {
        if (!graph_) { return false; }
        const auto stages = graph_->stages();
        return std::any_of(
            stages.begin(), stages.end(), [](const Stage* stage) { return stage->leftBehind(); });
    }

    /// The batch under way waits for nobody any longer.
    void abandonStages()
    {
        if (!graph_) { return; }
        for (Stage* stage : graph_->stages()) {
            stage->abandon();
        }
    }

    void beginStop(Stop mode)
    {
        if (mode == Stop::now) { abandonStages(); }
        if (std::exchange(stopping_, true)) { return; }
        stopRequested_ = options_.clock->now();
        if (timer_) { timer_->cancel(); }
        for (Running& running : running_) {
            if (running.source != nullptr) { running.source->stop(); }
        }
        for (Running& running : running_) {
            if (running.source != nullptr) { running.cancellation.cancel(); }
        }
        engine::spawn(
            io_, shutDown(), [self = shared_from_this()](const std::exception_ptr& failure) {
                self->finish(failure);
            });
    }

    asio::awaitable<void> shutDown()
    {
        deadline_ = options_.clock->makeTimer(io_);
        engine::spawn(io_, watch(), [self = shared_from_this()](const std::exception_ptr& failure) {
            self->deadline_.reset();
            if (failure) { self->fail(failure); }
            self->changed_.notify();
        });
        while (!sourcesEnded()) {
            co_await changed_.wait(std::bind_front(&Impl::sourcesEnded, this));
        }
        if (isGraceful()) { cutLastBatch(); }
        while (!idle()) {
            co_await changed_.wait(std::bind_front(&Impl::idle, this));
        }
        for (Running& companion : beside_) {
            companion.cancellation.cancel();
        }
        over_ = true;
        if (deadline_) { deadline_->cancel(); }
        while (!allEnded()) {
            co_await changed_.wait(std::bind_front(&Impl::allEnded, this));
        }
        if (isGraceful()) { reportDropped(); }
        while (!events_.isDelivered()) {
            co_await changed_.wait(std::bind_front(&EventLog::isDelivered, &events_));
        }
    }

    /// What came since the last tick.
    void cutLastBatch()
    {
        try {
            cutBatch();
        } catch (...) {
            fail(std::current_exception());
        }
    }

    /// The time limits of a stop: gives up what waits when one is over.
    asio::awaitable<void> watch()
    {
        const auto drainBy = stopRequested_ + *options_.gracefulStopTimeout;
        const auto endBy =
            stopRequested_ + std::max(*options_.gracefulStopTimeout, detail::sourcesEndWithin);
        if (isGraceful() && !over_) { co_await deadline_->waitUntil(drainBy); }
        if (isGraceful() && options_.clock->now() >= drainBy) { drop(); }
        changed_.notify();
        if (!over_ && !sourcesEnded()) { co_await deadline_->waitUntil(endBy); }
        if (!sourcesEnded() && options_.clock->now() >= endBy) { abandonSources(); }
    }

    void abandonSources()
    {
        abandoned_ = true;
        for (const Running& running : running_) {
            if (running.ended) { continue; }
            life_->fail(std::make_exception_ptr(Error{ErrorCode::stopTimeout,
                "sluice: stop(): " + running.name + " did not end within " +
                    toString(std::max(*options_.gracefulStopTimeout, detail::sourcesEndWithin)) +
                    "; a receiver must let what it awaits be cancelled"}));
        }
        changed_.notify();
    }

    void reportDropped()
    {
        Dropped dropped;
        {
            const std::lock_guard lock{mutex_};
            dropped = dropped_;
        }
        const bool unknown =
            dropped.batches > 0 && std::any_of(sources_.begin(), sources_.end(),
                                       [](const Source* source) { return source->countsLate(); });
        if (dropped.records == 0 && !unknown) { return; }
        events_.add(RecordsDropped{options_.clock->now(), dropped.records, dropped.batches});
        life_->fail(std::make_exception_ptr(Error{ErrorCode::stopTimeout,
            "sluice: stop(Stop::graceful): gracefulStopTimeout of " +
                toString(*options_.gracefulStopTimeout) + " is over, dropped " +
                std::to_string(dropped.records) + " records" +
                (unknown ? " and what files had in " + std::to_string(dropped.batches) + " batches"
                         : "")}));
    }

    static bool allOf(const std::deque<Running>& running)
    {
        return std::all_of(
            running.begin(), running.end(), [](const Running& each) { return each.ended; });
    }

    bool sourcesEnded() const { return abandoned_ || allOf(running_); }
    bool allEnded() const { return deadline_ == nullptr && allOf(beside_); }

    bool idle() const
    {
        const std::lock_guard lock{mutex_};
        return !processing_ && reporting_ == 0;
    }

    bool isHalted() const
    {
        const std::lock_guard lock{mutex_};
        return halted_;
    }

    bool isOverForTicks() const { return stopping_ || isHalted(); }

    bool isGraceful() const
    {
        const std::lock_guard lock{mutex_};
        return graceful_;
    }

    /// Whatever an output throws here, the stop goes on: the first failure is kept.
    void tellOutputs(const std::exception_ptr& failure)
    {
        for (const auto& output : outputs_) {
            try {
                output->stopped(failure);
            } catch (...) {
                life_->fail(std::current_exception());
            }
        }
    }

    void finish(const std::exception_ptr& failure)
    {
        if (failure) { life_->fail(failure); }
        tellOutputs(life_->failure());
        life_->stopped();
    }

    Options options_;
    OwnExecutors executors_; // before the stages, which may hold timers of it
    EventLog events_;
    std::shared_ptr<Lifecycle> life_ = std::make_shared<Lifecycle>();
    std::uint32_t ids_ = 0;
    std::optional<Duration> remember_;
    std::vector<std::shared_ptr<Output>> outputs_;
    std::vector<std::function<asio::awaitable<void>()>> companions_;
    asio::strand<asio::any_io_executor> strand_;
    asio::any_io_executor io_; // the strand, as everyone but this class knows it
    std::shared_ptr<Crew> crew_;
    std::mutex starting_;

    // Of the strand.
    std::optional<StageGraph> graph_; // and of the one batch that is processed
    std::vector<Source*> sources_;    // as they were before the first batch
    std::deque<Running> running_;     // the sources and the batch clock
    std::deque<Running> beside_;      // until the very end
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<Timer> deadline_; // while a stop's time limit runs
    Time next_{};
    std::uint64_t batches_ = 0;
    Instant stopRequested_{};
    bool stopping_ = false;
    bool over_ = false;      // nothing is left for a stop to wait for
    bool abandoned_ = false; // sources that do not end are not waited for
    Signal changed_;         // something that a stop waits for

    mutable std::mutex mutex_; // guards what follows
    std::deque<Waiting> waiting_;
    bool processing_ = false;
    std::size_t reporting_ = 0; // completed batches that the sources are not told of yet
    bool graceful_ = true;      // a stop lets what waits be processed first
    bool halted_ = false;       // no further batch may begin
    Dropped dropped_;           // what did not run
};

SLUICE_DECL Runtime::Runtime(const Options& options)
    : impl_{std::make_shared<Impl>(detail::checked(options))}
{
    impl_->prepare();
}

SLUICE_DECL Runtime::~Runtime()
{
    try {
        if (state() != State::stopped) { stop(Stop::now); }
        if (impl_->runsOnOwnThread()) {
            // A thread cannot wait for its own end, and may not outlive what it runs on.
            std::thread{[impl = impl_] { impl->forsake(); }}.detach();
        } else {
            impl_->forsake();
        }
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
SLUICE_DECL std::weak_ptr<const void> Runtime::lifetime() const
{
    return impl_;
}
SLUICE_DECL EventLog& Runtime::events() const noexcept
{
    return impl_->events();
}

SLUICE_DECL void Runtime::mustBeNew(std::string_view what) const
{
    impl_->life()->mustBeNew(what);
}

SLUICE_DECL std::uint32_t Runtime::nextId()
{
    return impl_->nextId();
}

SLUICE_DECL StageInfo Runtime::newStage(std::string_view name, std::string fused)
{
    mustBeNew(name);
    if (fused.empty()) { fused = name; }
    StageInfo info;
    info.id = nextId();
    info.name = name;
    info.fused = std::move(fused);
    return info;
}

SLUICE_DECL void Runtime::add(std::shared_ptr<Output> output)
{
    impl_->add(std::move(output));
}

SLUICE_DECL void Runtime::addCompanion(std::function<asio::awaitable<void>()> companion)
{
    impl_->addCompanion(std::move(companion));
}

SLUICE_DECL void Runtime::remember(Duration span)
{
    impl_->remember(span);
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
SLUICE_DECL std::function<void(Stop)> Runtime::stopper() const
{
    return [weak = std::weak_ptr<Impl>{impl_}](Stop mode) {
        if (const auto impl = weak.lock()) { impl->requestStop(mode); }
    };
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
    return impl_->life()->state();
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
    return Lifecycle::terminated(impl_->life());
}
SLUICE_DECL Duration slideOf(const Runtime& runtime, const Stage& stage)
{
    return runtime.options().batchInterval * static_cast<Duration::rep>(stage.slide());
}
SLUICE_DECL std::string Runtime::explain() const
{
    return planOf({impl_->outputs().begin(), impl_->outputs().end()});
}
SLUICE_DECL std::string Runtime::explainDot() const
{
    return engine::explainDot({impl_->outputs().begin(), impl_->outputs().end()});
}

} // namespace sluice::inline SLUICE_ABI::engine
