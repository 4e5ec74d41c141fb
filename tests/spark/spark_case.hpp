#pragma once

#include <sluice/sluice.hpp>

#include <sluice/testing/deterministic_executor.hpp>
#include <sluice/testing/manual_clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::test {

/// A listener that keeps everything that it was told.
class Recorder : public StreamingListener {
public:
    void onStreamingStarted(const StreamingStarted& event) override { keep(event); }
    void onReceiverStarted(const ReceiverStarted& event) override { keep(event); }
    void onReceiverError(const ReceiverError& event) override { keep(event); }
    void onReceiverStopped(const ReceiverStopped& event) override { keep(event); }
    void onRecordsRefused(const RecordsRefused& event) override { keep(event); }
    void onRecordsRead(const RecordsRead& event) override { keep(event); }
    void onRecordsDropped(const RecordsDropped& event) override { keep(event); }
    void onBatchSubmitted(const BatchSubmitted& event) override { keep(event); }
    void onBatchStarted(const BatchStarted& event) override { keep(event); }
    void onBatchCompleted(const BatchCompleted& event) override { keep(event); }
    void onOutputOperationStarted(const OutputOperationStarted& event) override { keep(event); }
    void onOutputOperationCompleted(const OutputOperationCompleted& event) override { keep(event); }

    [[nodiscard]] const std::vector<Event>& all() const { return events_; }

    template <class E>
    [[nodiscard]] std::vector<E> of() const
    {
        std::vector<E> found;
        for (const Event& event : events_) {
            if (const auto* one = std::get_if<E>(&event)) { found.push_back(*one); }
        }
        return found;
    }

    template <class E>
    [[nodiscard]] std::size_t count() const
    {
        return static_cast<std::size_t>(std::count_if(events_.begin(), events_.end(),
            [](const Event& event) { return std::holds_alternative<E>(event); }));
    }

private:
    void keep(Event event) { events_.push_back(std::move(event)); }

    std::vector<Event> events_;
};

/// Where contexts run in these cases: without threads and without real time.
class World {
public:
    explicit World(std::uint64_t seed = 0)
        : executor_{std::make_unique<testing::DeterministicExecutor>(seed)}
    {
    }

    [[nodiscard]] testing::DeterministicExecutor& executor() { return *executor_; }
    [[nodiscard]] testing::ManualClock& clock() { return *clock_; }

    /// `options`, for a context in this world.
    [[nodiscard]] Options inside(Options options)
    {
        options.io = executor_->executor();
        options.compute = executor_->executor();
        options.clock = clock_;
        return options;
    }

    /// Lets time pass and runs everything that it brings about.
    void pass(Duration time)
    {
        clock_->advance(time);
        executor_->run();
    }

private:
    std::unique_ptr<testing::DeterministicExecutor> executor_;
    std::shared_ptr<testing::ManualClock> clock_ = std::make_shared<testing::ManualClock>();
};

/// One context in a world, and a listener that hears all of it.
class SparkCase {
public:
    SparkCase(World& world, const Options& options)
        : world_{&world}, context_{world.inside(options)}, interval_{options.batchInterval}
    {
        context_.addStreamingListener(recorder_);
    }
    /// A context must not wait for an executor that nobody runs.
    ~SparkCase() { stop(Stop::now); }
    SparkCase(const SparkCase&) = delete;
    SparkCase& operator=(const SparkCase&) = delete;

    [[nodiscard]] StreamingContext& context() { return context_; }
    [[nodiscard]] const Recorder& heard() const { return *recorder_; }

    void start()
    {
        context_.start();
        world_->executor().run();
    }
    void batches(int count)
    {
        for (int i = 0; i < count; ++i) {
            world_->pass(interval_);
        }
    }
    void stop(Stop mode)
    {
        context_.requestStop(mode);
        world_->executor().run();
    }

private:
    World* world_;
    StreamingContext context_;
    Duration interval_;
    std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
};

} // namespace sluice::test
