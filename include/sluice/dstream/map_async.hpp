#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/detail/call_stage.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/storage/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

template <class Call>
struct AwaitedBy {
    using Result = void;
};
template <class U>
struct AwaitedBy<Awaitable<U>> {
    using Result = U;
};

/// What `F`, called with a `const T&`, answers in the end; void where it answers nothing.
template <class F, class T>
using Awaited = typename AwaitedBy<std::remove_cvref_t<std::invoke_result_t<F&, const T&>>>::Result;

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// `F` is an asynchronous function of one record: `boost::asio::awaitable<U>(const T&)`, `U` not
/// void.
template <class F, class T>
concept AsyncMapperOn = std::invocable<F&, const T&> && !std::is_void_v<detail::Awaited<F, T>>;

/// In which order the results of a partition's calls come out.
enum class Order {
    ordered,   ///< that of the records
    unordered, ///< that in which the calls ended
};

/// How `mapAsync` calls.
struct AsyncOptions {
    std::size_t concurrency = 16;      ///< calls under way at once, from 1 to 100000
    std::optional<Duration> timeout{}; ///< of one call, at least 1 ms; none when empty
    Order order = Order::ordered;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

/// The results of one partition's calls. Which of them will come is not known before the end.
template <class U>
class CallResults {
public:
    CallResults(std::size_t records, Order order) : order_{order} { made_.reserve(records); }

    void put(std::size_t record, U&& result)
    {
        if (order_ == Order::ordered) {
            if (record >= made_.size()) { made_.resize(record + 1); }
            made_[record].emplace(std::move(result));
        } else {
            made_.emplace_back(std::move(result));
        }
    }

    [[nodiscard]] std::vector<U> take()
    {
        std::vector<U> all;
        all.reserve(made_.size());
        for (std::optional<U>& result : made_) {
            if (result) { all.push_back(*std::move(result)); }
        }
        return all;
    }

private:
    Order order_;
    std::vector<std::optional<U>> made_;
};

template <class T, class F>
class MapAsyncRun final : public CallRun {
    using U = Awaited<F, T>;

    struct MapCaller final : Caller {
        std::optional<F> function;
        std::optional<U> result;
    };

    struct Records {
        std::vector<U> records;
        std::shared_ptr<const void> borrowedFrom;
    };

public:
    MapAsyncRun(const CallSettings& settings, std::vector<AnyPartition> partitions,
        std::atomic<std::size_t>& leftBehind, F function, Order order)
        : CallRun{settings, std::move(partitions), leftBehind}, function_{std::move(function)}
    {
        results_.reserve(input().size());
        for (const AnyPartition& partition : input()) {
            results_.emplace_back(partition.size, order);
        }
    }

    void publish(std::vector<AnyPartition>& output) override
    {
        for (std::size_t i = 0; i < results_.size(); ++i) {
            auto made = std::make_shared<Records>(results_[i].take(), nullptr);
            if constexpr (!Owning<U>) { made->borrowedFrom = input()[i].owner; }
            const auto& records = made->records;
            output.push_back({std::move(made), records.data(), records.size(), records.size()});
        }
    }

private:
    std::unique_ptr<Caller> makeCaller() override { return std::make_unique<MapCaller>(); }

    Awaitable<void> call(Caller& caller) override
    {
        auto& mine = static_cast<MapCaller&>(caller);
        if (!mine.fresh) { mine.function.emplace(function_); }
        mine.fresh = true;
        do {
            const T& record = recordsOf<T>(input()[mine.partition])[mine.record];
            Awaitable<U> underWay = std::invoke(*mine.function, record);
            mine.result.emplace(co_await std::move(underWay));
        } while (hasNext(mine));
    }

    void keep(Caller& caller) override
    {
        auto& mine = static_cast<MapCaller&>(caller);
        results_[mine.partition].put(mine.record, *std::move(mine.result));
        mine.result.reset();
    }

    F function_;
    std::vector<CallResults<U>> results_;
};

template <class T, class F>
class MapAsyncStage final : public CallStage {
public:
    MapAsyncStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
        const engine::Runtime& runtime, const AsyncOptions& options, F function)
        : CallStage{std::move(info), std::move(input), runtime, options.concurrency,
              options.timeout},
          function_{std::move(function)},
          order_{options.order}
    {
    }

private:
    std::shared_ptr<CallRun> makeRun(std::atomic<std::size_t>& leftBehind) override
    {
        return std::make_shared<MapAsyncRun<T, F>>(
            this->settings(), this->input(), leftBehind, function_, order_);
    }

    F function_;
    Order order_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `mapAsync(options, function)`.
template <class F>
class MapAsync {
    template <class T>
    static consteval bool keepsResult()
    {
        if constexpr (AsyncMapperOn<F, T>) {
            return Owning<detail::Awaited<F, T>> || Borrows<F>;
        } else {
            return false;
        }
    }

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"mapAsync"};

    MapAsync(const AsyncOptions& options, F function)
        : options_{options}, function_{std::move(function)}
    {
    }

    template <class T>
    using Output = detail::Awaited<F, T>;

    template <class T>
    static constexpr bool accepts = keepsResult<T>();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!AsyncMapperOn<F, T>) {
            static_assert(accepts<T>,
                "sluice: mapAsync(concurrency, function): the function must be callable as "
                "boost::asio::awaitable<U>(const T&), with a result");
        } else {
            static_assert(accepts<T>,
                "sluice: mapAsync(concurrency, function): its results must own what they refer "
                "to: use std::string for views, or borrows(f) where they point into the record");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        auto input = detail::closeChain(stream);
        engine::Runtime& runtime = stream.runtime();
        return {runtime, engine::makeStage<detail::MapAsyncStage<T, F>>(runtime.newStage(name),
                             std::move(input), runtime, options_, function_)};
    }

private:
    AsyncOptions options_;
    F function_;
};

/// Replaces each record by what an asynchronous call makes of it: a look-up in a cache, a database,
/// a web service. `lines | mapAsync({.concurrency = 64, .timeout = 2s}, fetch)`.
///
/// - **Types**: `DStream<T>` to `DStream<U>` for a coroutine function `asio::awaitable<U>(const
///   T&)`.
/// - **Takes**: how many calls may be under way at once, over all partitions of a batch, or
///   `AsyncOptions`; and the function. Calls start on `compute` and hold no thread while they wait.
///   The record that a call is given lives as long as the call. One call after another, never two
///   at once, works on the same copy of the function.
/// - **Shape**: closes the chain before it; then a stage of its own. Keeps partitions, and the
///   order of records unless `Order::unordered` is asked for.
/// - **Time**: a batch is over when its calls are; the next one waits. A call that takes longer
///   than the timeout, by the context's clock, is cancelled and has failed.
/// - **Empty**: nothing is called for an empty batch.
/// - **Errors**: a call that fails is made again, alone and at once, up to `maxTaskFailures` times;
///   then the batch fails and its other calls are cancelled, or, with `OnRecordFailure::skip`, the
///   record is left out. A stop that cannot wait (`Stop::now`, or a graceful one out of time)
///   cancels the calls, and their batch is dropped. What does not end within a second of being
///   cancelled is left behind. InvalidArgument for options out of range. Refused for results that
///   do not own what they refer to, unless the function `borrows`.
/// - **Cost**: one coroutine and one strand hop a call, and what `cache()` costs for its input;
///   records are not copied, results moved twice. Memory for the calls under way and the results.
/// - **Source**: Flink's `AsyncDataStream` and Akka's `mapAsync`; Spark has none.
template <std::copy_constructible F>
[[nodiscard]] auto mapAsync(AsyncOptions options, F function) -> MapAsync<F>
{
    constexpr std::size_t mostCalls = 100'000;
    if (options.concurrency == 0 || options.concurrency > mostCalls) {
        throw InvalidArgument{"sluice: mapAsync: concurrency " +
                              detail::asGiven(options.concurrency) + " given, must be from 1 to " +
                              std::to_string(mostCalls)};
    }
    if (options.timeout && *options.timeout < Duration{1}) {
        throw InvalidArgument{"sluice: mapAsync: timeout " + toString(*options.timeout) +
                              " given, must be at least 1 ms"};
    }
    return MapAsync<F>{options, std::move(function)};
}

/// The same with at most `concurrency` calls under way at once, and no timeout.
template <std::copy_constructible F>
[[nodiscard]] auto mapAsync(std::size_t concurrency, F function) -> MapAsync<F>
{
    AsyncOptions options;
    options.concurrency = concurrency;
    return mapAsync(options, std::move(function));
}

} // namespace sluice::inline SLUICE_ABI
