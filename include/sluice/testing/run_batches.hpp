#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/metrics.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/engine/task_error.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/partition/partitioning.hpp>
#include <sluice/testing/collect.hpp>
#include <sluice/testing/test_engine.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// How `runBatches` runs a pipeline.
struct RunOptions {
    std::size_t partitions = 1;  ///< each batch's records are cut into; 0 where all are empty
    std::size_t parallelism = 1; ///< what the stages are told
    std::size_t defaultPartitions = 4;
    std::uint64_t seed = 0; ///< of the order in which handlers run
    unsigned maxTaskFailures = 1;
    OnBatchFailure onBatchFailure = OnBatchFailure::stop;
    std::size_t jump = 1; ///< batch intervals that pass at once
};

/// How a run failed.
struct RunFailure {
    std::string operatorName;
    std::size_t batchIndex = 0;
    std::size_t partition = 0;
    std::string message;
};

/// How a run went.
struct RunOutcome {
    std::optional<RunFailure> failure; ///< what stopped it
    Metrics metrics;                   ///< at its end: retries, failures, records of each stage
};

/// How a run went and what came out.
template <class T>
struct RunResult : Collected<T>, RunOutcome {};

namespace detail {
/// `records` cut into `partitions` runs of about equal length.
template <class T>
std::vector<std::vector<T>> cutInto(const std::vector<T>& records, std::size_t partitions)
{
    std::vector<std::vector<T>> parts(partitions);
    for (std::size_t i = 0; i < partitions; ++i) {
        const auto from =
            records.begin() + static_cast<std::ptrdiff_t>(records.size() * i / partitions);
        const auto to =
            records.begin() + static_cast<std::ptrdiff_t>(records.size() * (i + 1) / partitions);
        parts[i].assign(from, to);
    }
    return parts;
}

template <class T>
BatchQueue<T> queueOf(const Batches<T>& batches, std::size_t partitions)
{
    BatchQueue<T> queue;
    for (const auto& records : batches) {
        queue.pushPartitions(cutInto(records, partitions));
    }
    return queue;
}

inline RunFailure describe(const std::exception_ptr& failure, Duration interval)
{
    try {
        std::rethrow_exception(failure);
    } catch (const TaskError& error) {
        const auto index = error.batchTime().time_since_epoch() / interval - 1;
        return {
            error.operatorName(), static_cast<std::size_t>(index), error.partition(), error.what()};
    } catch (...) {
        return {"", 0, 0, engine::textOf(std::current_exception())};
    }
}

inline std::optional<RunFailure> failureOf(engine::Runtime& runtime)
{
    try {
        runtime.awaitTermination();
        return std::nullopt;
    } catch (...) {
        return describe(std::current_exception(), runtime.options().batchInterval);
    }
}

/// Throws InvalidArgument for options with which nothing would be run.
inline void check(const RunOptions& options, bool anyRecords)
{
    const auto refuse = [](const char* what) {
        throw InvalidArgument{"sluice: runBatches: " + std::string{what} +
                              " 0 given, must be at "
                              "least 1"};
    };
    if (options.parallelism == 0) { refuse("parallelism"); }
    if (options.jump == 0) { refuse("jump"); }
    // A batch without records may be one without partitions.
    if (options.partitions != 0 || anyRecords) {
        sluice::detail::checkPartitions(options.partitions, "runBatches");
    }
}

template <class T>
bool hasRecords(const Batches<T>& batches)
{
    return std::any_of(
        batches.begin(), batches.end(), [](const auto& records) { return !records.empty(); });
}

inline Options engineOptions(const RunOptions& options)
{
    Options made;
    made.parallelism = options.parallelism;
    made.defaultPartitions = options.defaultPartitions;
    made.maxTaskFailures = options.maxTaskFailures;
    made.onBatchFailure = options.onBatchFailure;
    return made;
}

inline RunOutcome run(TestEngine& test, std::size_t batches, std::size_t jump)
{
    test.start();
    while (batches > 0) {
        const std::size_t next = std::min(jump, batches);
        test.jump(next);
        batches -= next;
    }
    test.stop(Stop::now);
    return {failureOf(test.runtime()), test.metrics()};
}

template <class Streams>
inline constexpr bool isStream = false;
template <class T, class From>
inline constexpr bool isStream<DStream<T, From>> = true;

template <class T>
RunResult<T> resultOf(const Collected<T>& collected, const RunOutcome& outcome)
{
    return {collected, outcome};
}

/// What comes out of `streams`: one stream, or a tuple, pair or array of them.
template <class Streams>
auto runCollecting(const Streams& streams, TestEngine& test, std::size_t batches, std::size_t jump)
{
    if constexpr (isStream<Streams>) {
        const auto collected = collect(streams);
        return resultOf(*collected, run(test, batches, jump));
    } else {
        return std::apply(
            [&](const auto&... stream) {
                const std::tuple collected{collect(stream)...};
                const RunOutcome outcome = run(test, batches, jump);
                return std::apply(
                    [&](const auto&... one) { return std::tuple{resultOf(*one, outcome)...}; },
                    collected);
            },
            streams);
    }
}

template <class Pipeline, class... T>
auto runInputs(const RunOptions& options, const Pipeline& pipeline, const Batches<T>&... inputs)
{
    check(options, (hasRecords(inputs) || ...));
    TestEngine test{engineOptions(options), options.seed};
    const std::size_t batches = std::max({inputs.size()...});
    const auto streamOf = [&](const auto& input) {
        return queueStream(test.runtime(), queueOf(input, options.partitions));
    };
    if constexpr (Operator<Pipeline> && sizeof...(T) == 1) {
        const auto out = (streamOf(inputs), ...) | pipeline;
        if constexpr (isStream<std::remove_const_t<decltype(out)>>) {
            return runCollecting(out, test, batches, options.jump);
        } // else it was refused, with a message
    } else {
        constexpr bool takesStreams = std::invocable<const Pipeline&, DStream<T>...>;
        static_assert(takesStreams,
            "sluice: runBatches(input..., pipeline): the pipeline must be an operator, or a "
            "function of a stream for each input");
        if constexpr (takesStreams) {
            // In the order of the inputs, so that ids of streams are too.
            std::tuple<DStream<T>...> streams{streamOf(inputs)...};
            using Out = decltype(std::apply(pipeline, std::move(streams)));
            if constexpr (std::is_void_v<Out>) {
                std::apply(pipeline, std::move(streams));
                return run(test, batches, options.jump);
            } else {
                const auto out = std::apply(pipeline, std::move(streams));
                return runCollecting(out, test, batches, options.jump);
            }
        }
    }
}
} // namespace detail

/// Runs `pipeline` over `input`, one batch an interval, on a real engine without threads or real
/// time.
///
/// - **Takes**: batches of literals, for up to four streams; an operator or pipeline, or a function
///   of a stream for each input; and `RunOptions`. What the function returns is what is looked at:
///   a stream, a tuple, pair or array of streams, or nothing, where it has outputs of its own.
/// - **Gives**: `RunResult<U>`: the batches that came out (`batches`, `kept`), how the run failed,
///   where it did, and its metrics; a tuple of them for several streams; `RunOutcome` for none.
/// - **Time**: as many intervals as the longest input has batches. The first batch ends at 1 s.
/// - **Empty**: an input that has run out gives empty batches without partitions.
/// - **Errors**: what fails the run is in the result and not thrown. Tasks are not retried unless
///   `maxTaskFailures` says so. Options with which nothing would be run throw InvalidArgument:
///   `jump`, `parallelism` or, for batches with records, `partitions` of 0.
template <class T, class Pipeline>
auto runBatches(const Batches<T>& input, const Pipeline& pipeline, RunOptions options = {})
{
    return detail::runInputs(options, pipeline, input);
}

template <class A, class B, class Pipeline>
auto runBatches(
    const Batches<A>& a, const Batches<B>& b, const Pipeline& pipeline, RunOptions options = {})
{
    return detail::runInputs(options, pipeline, a, b);
}

template <class A, class B, class C, class Pipeline>
auto runBatches(const Batches<A>& a, const Batches<B>& b, const Batches<C>& c,
    const Pipeline& pipeline, RunOptions options = {})
{
    return detail::runInputs(options, pipeline, a, b, c);
}

template <class A, class B, class C, class D, class Pipeline>
auto runBatches(const Batches<A>& a, const Batches<B>& b, const Batches<C>& c, const Batches<D>& d,
    const Pipeline& pipeline, RunOptions options = {})
{
    return detail::runInputs(options, pipeline, a, b, c, d);
}

} // namespace sluice::inline SLUICE_ABI::testing
