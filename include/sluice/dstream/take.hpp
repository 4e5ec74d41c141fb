#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/error.hpp> // notNegative
#include <sluice/algebra/transducer.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace sluice::detail {

/// Passes on the first records of a partition.
template <class Next>
class TakeStep {
public:
    constexpr TakeStep(std::size_t count, Next&& next) : left_{count}, next_{std::move(next)} {}

    template <class T>
    constexpr void operator()(T&& record)
    {
        if (left_ == 0) { return; }
        --left_;
        next_(std::forward<T>(record));
    }

    constexpr auto finish() { return next_.finish(); }

private:
    std::size_t left_;
    Next next_;
};

/// The narrow half of `take(n)`: no partition gives more than the whole batch may.
class TakeOfEach {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"take"};

    constexpr explicit TakeOfEach(std::size_t count) : count_{count} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr Lifetime lifetime(Lifetime before)
    {
        return before;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> TakeStep<Next>
    {
        return {count_, std::move(next)};
    }

private:
    std::size_t count_;
};

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// Lists the partitions of its input up to the last record that is taken. Copies no record.
class TakeStage final : public engine::Stage {
public:
    TakeStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, std::size_t count)
        : Stage{std::move(info), std::move(input)}, count_{count}
    {
    }

    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext&) override;

private:
    std::size_t count_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `take(n)`.
class Take {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"take"};

    explicit Take(std::size_t count) : count_{count} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<T>
    {
        engine::Runtime& runtime = stream.runtime();
        auto input = [&] {
            if constexpr (std::same_as<Chain, Identity>) {
                return stream.parent();
            } else {
                return detail::closeChain(stream | detail::TakeOfEach{count_});
            }
        }();
        return {runtime,
            engine::makeStage<detail::TakeStage>(runtime.newStage(name), std::move(input), count_)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return std::move(input).then(detail::TakeOfEach{count_}).collect();
    }

private:
    std::size_t count_;
};

/// The first `n` records of each batch, in the order of partitions.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: how many; 0 takes none.
/// - **Shape**: closes the chain, in whose loop no partition keeps more than `n` records; keeps
///   their order, and the partitions up to the last record taken.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: a negative number throws InvalidArgument here. Refused for records that cannot be
///   kept, as `cache()` does.
/// - **Cost**: the chain still sees every record of the batch, for each partition is worked on
///   alone. At most `n` records a partition are kept, none copied behind a source or a boundary.
/// - **Source**: Spark's `RDD.take`, but a stream.
[[nodiscard]] inline Take take(std::size_t n)
{
    return Take{detail::notNegative(n, "take(n)")};
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/take.ipp>
#endif
