#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/events.hpp>
#include <sluice/engine/listener.hpp>
#include <sluice/engine/metrics.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/input/generator_stream.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/input/socket_text_stream.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail {

struct NumberWithoutUnit {
    template <class N>
        requires std::is_arithmetic_v<N>
    constexpr NumberWithoutUnit(N) // NOLINT(google-explicit-constructor): as `.batchInterval = 1`
    {
    }
};

/// What `{.batchInterval = 1}` would be, were it something.
struct IntervalWithoutUnit {
    NumberWithoutUnit batchInterval;
};

} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// The face of sluice: makes streams, starts and stops them. A thin front of the engine.
///
/// Any number of contexts may be active in a process. Safe to use from several threads once
/// started; its destructor stops it without draining.
class StreamingContext {
public:
    /// Throws InvalidArgument for a wrong option.
    explicit StreamingContext(const Options& options) : runtime_{options} {}

    /// Says in one sentence what is wrong with `{.batchInterval = 1}`.
    template <class Refused = detail::IntervalWithoutUnit>
    explicit StreamingContext(const detail::IntervalWithoutUnit&) : runtime_{{}}
    {
        constexpr bool hasUnit = !std::same_as<Refused, detail::IntervalWithoutUnit>;
        static_assert(hasUnit, "sluice: batchInterval needs a unit: {.batchInterval = 1s}, with "
                               "using namespace std::chrono_literals");
    }

    /// A stream of the batches in a queue; see sluice/input/queue_stream.hpp.
    template <class T>
    [[nodiscard]] DStream<T> queueStream(BatchQueue<T> queue, bool oneAtATime = true)
    {
        return sluice::queueStream(runtime_, std::move(queue), oneAtATime);
    }
    template <class T>
    [[nodiscard]] DStream<T> queueStream(
        BatchQueue<T> queue, bool oneAtATime, std::type_identity_t<std::vector<T>> defaultBatch)
    {
        return sluice::queueStream(runtime_, std::move(queue), oneAtATime, std::move(defaultBatch));
    }

    template <detail::NoBatchQueue Range, class... Anything>
    [[nodiscard]] auto queueStream(const Range&, const Anything&...)
    {
        return detail::refuseQueue<Range>();
    }

    /// Lines of text from a TCP server; see sluice/input/socket_text_stream.hpp.
    [[nodiscard]] auto socketTextStream(std::string host, int port)
    {
        return sluice::socketTextStream(runtime_, std::move(host), port);
    }

    /// Records made from their index; see sluice/input/generator_stream.hpp.
    template <Generator F>
    [[nodiscard]] auto generatorStream(F function, double recordsPerSecond)
    {
        return sluice::generatorStream(runtime_, std::move(function), recordsPerSecond);
    }

    /// Keeps the batches of every stream that the outputs need for `span` at least, so that
    /// `slice(stream, from, to)` finds them: what a stage made in its last `span`, with the memory
    /// under it. Once, and before the start. Throws InvalidArgument for a span that is not positive
    /// and for a second call, IllegalState after the start.
    void remember(Duration span) { runtime_.remember(span); }

    /// Starts the sources and the batch clock and returns. Does nothing where it was started
    /// already; throws InvalidArgument without an output operation, IllegalState after a stop.
    void start() { runtime_.start(); }

    /// Stops and waits for the end, except when called by a function that the engine runs: then it
    /// only asks. What stopped the context is for `awaitTermination` to say.
    void stop(Stop mode = Stop::now) { runtime_.stop(mode); }

    /// Asks for a stop and returns at once. After `Stop::now` no further batch begins.
    void requestStop(Stop mode = Stop::now) { runtime_.requestStop(mode); }

    /// Waits until the context has stopped; rethrows the failure that stopped it.
    void awaitTermination() { runtime_.awaitTermination(); }

    /// The same, for at most `timeout`; whether it has stopped.
    [[nodiscard]] bool awaitTerminationOrTimeout(Duration timeout)
    {
        return runtime_.awaitTerminationOrTimeout(timeout);
    }

    /// The same for a coroutine.
    [[nodiscard]] Awaitable<void> terminated();

    [[nodiscard]] State state() const { return runtime_.state(); }

    /// From now on `listener` is told of everything that happens, on a thread of `compute`, until
    /// it is removed. At any time.
    void addStreamingListener(std::shared_ptr<StreamingListener> listener);
    void removeStreamingListener(const std::shared_ptr<StreamingListener>& listener);

    /// How the context stands: totals since its start, by source and by operator.
    [[nodiscard]] Metrics metrics() const;

    /// What happened, oldest first, from event number `from` on; the first event has number 0. A
    /// bounded number of events is kept.
    [[nodiscard]] std::vector<Event> events(std::uint64_t from = 0);

    /// Where the sockets and timers of this context live: one handler at a time.
    [[nodiscard]] asio::any_io_executor io();

    /// The stages of everything registered so far and what is fused in each, and the plan's
    /// fingerprint.
    [[nodiscard]] std::string explain() const { return runtime_.explain(); }

    /// The same as a graph in the DOT language of Graphviz.
    [[nodiscard]] std::string explainDot() const { return runtime_.explainDot(); }

    /// Sources, outputs and the harness take the engine itself.
    operator engine::Runtime&() noexcept { return runtime_; } // NOLINT(google-explicit-constructor)

private:
    engine::Runtime runtime_;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/streaming_context.ipp>
#endif
