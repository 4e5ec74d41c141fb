#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/pull_stage.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// `S` is asked for its records, by partition and offset, and answers the same each time.
///
/// - `latest()`: the offset behind the last record of each partition, as
///   `std::vector<std::uint64_t>`. Called on `io` at each batch time: must not block. New
///   partitions may be added at the end.
/// - `read(range)`: the records of an `OffsetRange`, as a range or a `Partition<T>`; fewer than the
///   range holds where offsets have gaps, never more. Called on `compute`, for several ranges at
///   once, and again with the same range after a failure.
/// - `acknowledge(range)`: the batch that took the range is completed well and will not ask for it
///   again. Called on `io`, in the order of the batches.
template <class S>
concept PullSource = requires(S& source, const OffsetRange& range) {
    {
        source.latest()
    } -> std::convertible_to<std::vector<std::uint64_t>>;
    {
        source.read(range)
    } -> std::ranges::input_range;
    source.acknowledge(range);
};

/// How a pull source is known, and where it begins.
struct PullOptions {
    std::string name = "pullStream"; ///< in events, metrics, offset ranges and `explain()`
    std::vector<std::uint64_t>
        from{}; ///< the first offset of each partition; 0 where none is given
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

template <class S>
using PulledRange =
    std::remove_cvref_t<decltype(std::declval<S&>().read(std::declval<const OffsetRange&>()))>;

template <class S>
class PullSourceStage final : public PullStage {
    using Read = PulledRange<S>;
    using Record = std::ranges::range_value_t<Read>;

public:
    PullSourceStage(
        engine::StageInfo&& info, const Options& options, std::vector<std::uint64_t> from, S source)
        : PullStage{std::move(info), options, std::move(from)}, source_{std::move(source)}
    {
    }

private:
    std::vector<std::uint64_t> latest() override { return source_.latest(); }

    AnyPartition read(const OffsetRange& range) override
    {
        Partition<Record> partition = keep(source_.read(range));
        if (partition.size() > range.until - range.from) {
            throw Error{ErrorCode::badInput, "sluice: " + info().name + ": read(range) gave " +
                                                 std::to_string(partition.size()) +
                                                 " records, the range holds " +
                                                 std::to_string(range.until - range.from)};
        }
        return partition.any();
    }

    void acknowledge(const OffsetRange& range) override { source_.acknowledge(range); }

    static Partition<Record> keep(Read records)
    {
        if constexpr (std::same_as<Read, Partition<Record>>) {
            return records;
        } else if constexpr (std::same_as<Read, std::vector<Record>>) {
            return makePartition(std::move(records));
        } else {
            std::vector<Record> kept;
            for (auto&& record : records) {
                kept.push_back(std::forward<decltype(record)>(record));
            }
            return makePartition(std::move(kept));
        }
    }

    S source_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// A stream of what a source holds that can be read again: a log, a table, a topic.
///
/// - **Types**: a `PullSource` of `T` to `DStream<T>`.
/// - **Takes**: the source, which the stream keeps, and `PullOptions`.
/// - **Shape**: one partition for each partition of the source. The records are read by the tasks
///   of a stage of its own, in parallel.
/// - **Time**: a batch takes, of each partition, what follows the last batch's range up to
///   `latest()`, within the rate: `maxRate` is a partition's; what backpressure allows is shared by
///   how far the partitions are behind, and each gets at least one record.
/// - **Empty**: a partition without new records has an empty range, which is not read.
/// - **Errors**: what `read` throws fails the task, which reads the same range again; what `latest`
///   or `acknowledge` throws is reported to the listeners, and the batch takes nothing, or goes
///   on. A batch that fails is never acknowledged. Records must own what they refer to, unless
///   `read` gives a `Partition<T>`.
/// - **Source**: the direct streams of Spark Streaming, without their consumer.
template <PullSource S>
[[nodiscard]] auto pullStream(engine::Runtime& runtime, S source, PullOptions options = {})
{
    using Read = detail::PulledRange<S>;
    using T = std::ranges::range_value_t<Read>;
    constexpr bool kept = Owning<T> || std::same_as<Read, Partition<T>>;
    static_assert(kept, "sluice: pullStream(context, source): the records that read(range) gives "
                        "must own what they refer to, or come as a Partition<T> that does");
    return DStream<T>{
        runtime, engine::makeStage<detail::PullSourceStage<S>>(runtime.newStage(options.name),
                     runtime.options(), std::move(options.from), std::move(source))};
}

/// Says in one sentence what is wrong with what is no pull source.
template <class S>
    requires(!PullSource<S>)
[[nodiscard]] auto pullStream(engine::Runtime&, S, const PullOptions& = {})
{
    constexpr bool isSource = PullSource<S>;
    static_assert(isSource,
        "sluice: pullStream(context, source): the source must have latest(), which gives "
        "std::vector<std::uint64_t>, read(const OffsetRange&), which gives a range, and "
        "acknowledge(const OffsetRange&)");
    return detail::Refused{};
}

} // namespace sluice::inline SLUICE_ABI
