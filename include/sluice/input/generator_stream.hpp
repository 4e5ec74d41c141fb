#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/dstream/dstream.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

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

/// The source of a generator's indices: `recordsPerSecond` of them, `defaultPartitions` ranges a
/// batch. Throws InvalidArgument for a rate that is not positive.
[[nodiscard]] std::shared_ptr<engine::Stage> makeGeneratorSource(
    engine::Runtime& runtime, double recordsPerSecond);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// A stream of `function(0)`, `function(1)`, ... at `recordsPerSecond`, for tests and load.
///
/// - **Types**: `T(std::uint64_t index)` to a stream of `T`.
/// - **Takes**: a function that gives the same record for an index each time (the source is
///   replayable), and a positive number of records per second.
/// - **Shape**: `defaultPartitions` partitions, consecutive indices in each, in order. The function
///   is part of the fused loop: records are made where they are used.
/// - **Time**: a batch holds the indices due in its interval, counted from the first batch.
/// - **Empty**: an interval shorter than the time between two records gives empty batches in
///   between.
/// - **Errors**: InvalidArgument for a rate that is not positive; what `function` throws fails the
///   task.
/// - **Cost**: one call per record and consumer.
/// - **Source**: none in Spark.
template <Generator F>
[[nodiscard]] auto generatorStream(engine::Runtime& runtime, F function, double recordsPerSecond)
{
    DStream<detail::IndexRange> ranges{
        runtime, detail::makeGeneratorSource(runtime, recordsPerSecond)};
    return ranges | flatMap(detail::GenerateRange<F>{std::move(function)});
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/generator_stream.ipp>
#endif
