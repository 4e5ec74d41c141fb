#pragma once

#include <sluice/algebra/detail/step_failure.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/source_stage.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

/// `F` makes the record with a given index: `T(std::uint64_t)`, the same each time.
template <class F>
concept Generator = std::copy_constructible<F> && std::invocable<F&, std::uint64_t> &&
    !std::is_void_v<std::invoke_result_t<F&, std::uint64_t>>;

namespace detail {
/// Indices `from` (included) to `until` (excluded): the whole input of a generator's partition.
struct IndexRange {
    std::uint64_t from = 0;
    std::uint64_t until = 0;
};

/// Makes the records of an index range inside the fused loop, so that they are never stored.
template <class F>
class GenerateRange {
public:
    explicit GenerateRange(F function) : function_{std::move(function)} {}

    auto operator()(const IndexRange& range)
    {
        return std::views::iota(range.from, range.until) |
            std::views::transform([this](std::uint64_t index) { return function_(index); });
    }

private:
    F function_;
};
} // namespace detail

} // namespace sluice

namespace sluice::detail::inline SLUICE_ABI {

class GeneratorSource final : public SourceStage<IndexRange> {
public:
    GeneratorSource(engine::StageInfo info, double recordsPerSecond, Duration batchInterval,
        std::size_t partitions)
        : SourceStage<IndexRange>{std::move(info)}, recordsPerSecond_{recordsPerSecond},
          interval_{batchInterval}, partitions_{partitions}
    {
    }

    void cut(BatchMetadata& batch) override
    {
        const std::uint64_t from = next_;
        const std::chrono::duration<double> elapsed = interval_ * (batch.index + 1);
        next_ = static_cast<std::uint64_t>(recordsPerSecond_ * elapsed.count());
        batch.inputRecords += next_ - from;
        batch.offsets.push_back({this->info().name, 0, from, next_});
        std::vector<Partition<IndexRange>> made;
        for (std::size_t i = 0; i < partitions_; ++i) {
            made.push_back(part(from, next_, i));
        }
        this->give(batch.time, std::move(made));
    }

private:
    Partition<IndexRange> part(std::uint64_t from, std::uint64_t until, std::size_t i) const
    {
        const std::uint64_t count = until - from;
        const std::uint64_t share = count / partitions_;
        const std::uint64_t larger = count % partitions_;
        const auto start = [&](std::uint64_t n) { return from + n * share + std::min(n, larger); };
        auto range = std::make_shared<const IndexRange>(IndexRange{start(i), start(i + 1)});
        std::span<const IndexRange> records{range.get(), 1};
        const std::size_t weight = range->until - range->from;
        return {std::move(range), records, weight};
    }

    double recordsPerSecond_;
    Duration interval_;
    std::size_t partitions_;
    std::uint64_t next_ = 0;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// A stream of `function(0)`, `function(1)`, ... at `recordsPerSecond`, for tests and load.
///
/// - **Types**: `T(std::uint64_t index)` to a stream of `T`.
/// - **Takes**: a function that gives the same record for an index each time (the source is replayable),
///   and a positive number of records per second.
/// - **Shape**: `defaultPartitions` partitions, consecutive indices in each, in order. The function is part
///   of the fused loop: records are made where they are used.
/// - **Time**: a batch holds the indices due in its interval, counted from the first batch.
/// - **Empty**: an interval shorter than the time between two records gives empty batches in between.
/// - **Errors**: InvalidArgument for a rate that is not positive; what `function` throws fails the task.
/// - **Cost**: one call per record and consumer.
template <Generator F>
[[nodiscard]] auto generatorStream(engine::Runtime& runtime, F function, double recordsPerSecond)
{
    if (!(recordsPerSecond > 0) || !std::isfinite(recordsPerSecond)) {
        throw InvalidArgument{"sluice: generatorStream(function, rate): a rate of " +
            std::to_string(recordsPerSecond) + " records per second given, must be positive"};
    }
    const Options& options = runtime.options();
    DStream<detail::IndexRange> ranges{runtime,
        std::make_shared<detail::GeneratorSource>(
            engine::StageInfo{runtime.nextId(), "generatorStream", {"generatorStream"}},
            recordsPerSecond, options.batchInterval, options.defaultPartitions)};
    return ranges | flatMap(detail::GenerateRange<F>{std::move(function)});
}

} // namespace sluice::inline SLUICE_ABI
