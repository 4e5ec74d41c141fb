#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/clock.hpp>
#include <sluice/engine/lifecycle.hpp> // withinReason
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI::testing {

using sluice::operator|; // for `failAt(...) | failAt(...)`, which has no operand of sluice's own

/// Which record a task is to fail at, and how often.
struct FailurePoint {
    std::uint64_t batch = 0;   ///< its index: 0 is the first
    std::size_t partition = 0; ///< of those that arrive at `failAt`
    std::size_t record = 0;    ///< of that partition, which the task has reached when it fails
    unsigned times = 1;        ///< attempts that fail
    std::string message = "a failure that a test asked for";
};

/// `times` of a failure that no retry gets past.
inline constexpr unsigned always = std::numeric_limits<unsigned>::max();

/// What `failAt` throws.
class InjectedFailure : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

namespace detail {
/// A failure point and where it lies in the present batch. Shared by the stage and its readers'
/// tasks.
class Injection {
public:
    explicit Injection(FailurePoint point) : point_{std::move(point)} {}

    [[nodiscard]] const FailurePoint& point() const noexcept { return point_; }

    /// The batch at hand has `record` there; null: this batch does not fail. Between the batch's
    /// stages.
    void aim(const void* record) noexcept
    {
        record_ = record;
        left_.store(point_.times, std::memory_order_relaxed);
    }

    [[nodiscard]] const void* target() const noexcept { return record_; }

    /// The target was reached.
    void reached()
    {
        used_.store(true, std::memory_order_relaxed);
        unsigned left = left_.load(std::memory_order_relaxed);
        while (
            left > 0 && !left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {}
        if (left > 0) { throw InjectedFailure{point_.message}; }
    }

    /// Whether the target was ever reached.
    [[nodiscard]] bool isUsed() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
    FailurePoint point_;
    const void* record_ = nullptr;
    std::atomic<unsigned> left_{0};
    std::atomic<bool> used_{false};
};

/// Runs until everything else has ended, and fails the run then if nothing failed at the point.
inline asio::awaitable<void> mustBeUsed(
    asio::any_io_executor io, std::shared_ptr<Clock> clock, std::shared_ptr<Injection> injection)
{
    const auto timer = clock->makeTimer(std::move(io));
    try {
        co_await timer->waitUntil(clock->now() + engine::detail::withinReason(Duration::max()));
    } catch (const boost::system::system_error&) { // the stop has come so far
    }
    if (injection->isUsed()) { co_return; }
    const FailurePoint& point = injection->point();
    throw InvalidArgument{"sluice: failAt: nothing failed, no task came to record " +
                          std::to_string(point.record) + " of partition " +
                          std::to_string(point.partition) + " in batch " +
                          std::to_string(point.batch)};
}

/// Passes its input on as it is, and aims at the record that is to fail.
class FailAtStage final : public engine::Stage {
public:
    FailAtStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
        std::size_t recordBytes, std::shared_ptr<Injection> injection)
        : Stage{std::move(info), std::move(input)},
          recordBytes_{recordBytes},
          injection_{std::move(injection)}
    {
    }

    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}

    void close(const engine::BatchContext& batch) override
    {
        output_ = input();
        const FailurePoint& point = injection_->point();
        injection_->aim(nullptr);
        if (batch.metadata->index != point.batch) { return; }
        // A test that means to fail and does not would prove nothing.
        if (point.partition >= output_.size() || point.record >= output_[point.partition].size) {
            throw InvalidArgument{"sluice: failAt: batch " + std::to_string(point.batch) +
                                  " has no record " + std::to_string(point.record) +
                                  " in partition " + std::to_string(point.partition)};
        }
        injection_->aim(static_cast<const std::byte*>(output_[point.partition].records) +
                        point.record * recordBytes_);
    }

private:
    std::size_t recordBytes_;
    std::shared_ptr<Injection> injection_;
};

class FailAtTarget;

/// What `failAt` does with one record inside a fused loop.
template <class Next>
class FailAtStep {
public:
    FailAtStep(std::shared_ptr<Injection> injection, Next next)
        : injection_{std::move(injection)}, target_{injection_->target()}, next_{std::move(next)}
    {
    }

    template <class T>
    void operator()(T&& record)
    {
        if (std::addressof(record) == target_) { fail(); }
        next_(std::forward<T>(record));
    }

    /// The partition is at its end; answers with the terminal's result.
    auto finish() { return next_.finish(); }

private:
    void fail();

    std::shared_ptr<Injection> injection_;
    const void* target_;
    Next next_;
};

/// The narrow half of `failAt`, fused with what comes behind it. The records that it sees are those
/// of the stage before, so that an address says which one it is.
class FailAtTarget {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"failAt"};

    explicit FailAtTarget(std::shared_ptr<Injection> injection) : injection_{std::move(injection)}
    {
    }

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr sluice::detail::Lifetime lifetime(sluice::detail::Lifetime before)
    {
        return before;
    }

    template <class Next>
    auto operator()(Next next) const -> FailAtStep<Next>
    {
        return {injection_, std::move(next)};
    }

private:
    std::shared_ptr<Injection> injection_;
};

template <class Next>
void FailAtStep<Next>::fail()
{
    Injection& injection = *injection_;
    const auto reach = [&injection] { injection.reached(); };
    sluice::detail::call<FailAtTarget>(reach);
}

/// Whether a chain leaves records where they are, so that one more `failAt` may be fused with it.
template <class Chain>
inline constexpr bool onlyFails = false;
template <>
inline constexpr bool onlyFails<FailAtTarget> = true;
template <class First>
inline constexpr bool onlyFails<Pipeline<First, FailAtTarget>> = onlyFails<First>;
} // namespace detail

/// The operator behind `failAt(point)`.
class FailAt {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"failAt"};

    explicit FailAt(FailurePoint point) : point_{std::move(point)}
    {
        if (point_.times == 0) {
            throw InvalidArgument{"sluice: failAt: times 0 given, must be at least 1"};
        }
    }

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        if constexpr (detail::onlyFails<Chain>) {
            return behind<T>(stream.runtime(), stream.parent(), stream.chain());
        } else {
            return behind<T>(stream.runtime(), sluice::detail::closeChain(stream), Identity{});
        }
    }

private:
    template <class T, class Chain>
    auto behind(
        engine::Runtime& runtime, std::shared_ptr<engine::Stage> parent, const Chain& chain) const
    {
        auto injection = std::make_shared<detail::Injection>(point_);
        auto info = runtime.newStage(name);
        info.partitionedBy = parent->info().partitionedBy;
        auto stage = engine::makeStage<detail::FailAtStage>(
            std::move(info), std::move(parent), sizeof(T), injection);
        runtime.addCompanion(
            std::bind_front(&detail::mustBeUsed, runtime.io(), runtime.options().clock, injection));
        auto longer = sluice::detail::compose(chain, detail::FailAtTarget{std::move(injection)});
        return DStream<T, From<T, decltype(longer)>>{runtime, std::move(stage), std::move(longer)};
    }

    FailurePoint point_;
};

/// Makes the task that works on one record fail, as often as it is told: what comes behind is run
/// again as if a function of its own had thrown.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: a `FailurePoint`: `failAt({.batch = 1, .partition = 2, .times = 3})`. Several one
///   after the other fail the same stage.
/// - **Shape**: closes the chain before it, as `cache()` does, and is fused with what comes behind:
///   that is what is retried. Partitions and the order of records are kept, and how keys lie.
/// - **Time**: each stream that it is applied to counts anew.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: `InjectedFailure` inside the task, `TaskError` with the operator name `failAt`
///   where it was the last attempt. `times` of 0 throws InvalidArgument here; it also fails the
///   batch where it has no such record, and the run, at its end, where no task came to the record:
///   its batch did not, or nobody read it.
/// - **Cost**: one comparison per record.
/// - **Source**: none in Spark.
[[nodiscard]] inline FailAt failAt(FailurePoint point)
{
    return FailAt{std::move(point)};
}

} // namespace sluice::inline SLUICE_ABI::testing
