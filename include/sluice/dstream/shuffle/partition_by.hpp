#pragma once

#include <sluice/algebra/collector.hpp> // copiesBytes
#include <sluice/algebra/concepts.hpp>
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/bucket_stages.hpp>
#include <sluice/dstream/shuffle/detail/placement.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/partition/partitioner.hpp>

#include <concepts>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `partitionBy(partitioner)`.
template <class P>
class PartitionBy {
    template <class T>
    static constexpr bool keyed = KeyValue<T>;
    template <class T>
    static constexpr bool places = PartitionerOf<P, KeyOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"partitionBy"};

    explicit PartitionBy(P partitioner) : partitioner_{std::move(partitioner)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (keyed<T>) {
            return places<T> && std::copy_constructible<T>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!keyed<T>) {
            static_assert(keyed<T>, "sluice: partitionBy(partitioner): the records must be key and "
                                    "value, anything with the tuple protocol of size two, such as "
                                    "std::pair<K, V>");
        } else if constexpr (!places<T>) {
            static_assert(places<T>,
                "sluice: partitionBy(partitioner): the partitioner must have partitions() and "
                "operator==, and be callable as std::size_t(const K&)");
        } else {
            static_assert(accepts<T>, "sluice: partitionBy(partitioner): the records must be "
                                      "copyable, and their type can only be moved");
        }
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<T>
    {
        using Before = detail::BucketStage<U, Chain, P>;
        using Behind = detail::MergedBucketsStage<T,
            detail::copiesBytes<T, DStream<T, From<U, Chain>>::lifetime>>;
        engine::Runtime& runtime = stream.runtime();
        const auto by = Partitioning::by(partitioner_);
        if (detail::liesAs<Chain>(by, *stream.parent())) { return stream; }
        auto before = engine::makeStage<Before>(
            runtime.newStage(name, detail::describeChain(stream.chain(), name)), stream.parent(),
            stream.chain(), partitioner_);
        return {runtime,
            engine::makeStage<Behind>(
                engine::withPartitions(runtime.newStage(name, "gather"), by), std::move(before))};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return input.collect();
    }

private:
    P partitioner_;
};

/// Puts each record into the partition that `partitioner` names for its key.
///
/// - **Types**: `DStream<pair<K, V>>` to `DStream<pair<K, V>>`.
/// - **Takes**: `PartitionerOf<K>`: `HashPartitioner{n}`, `RangePartitioner<K>{bounds}`, or one of
///   your own. It is copied for each task.
/// - **Keys**: equal keys come to the same partition; whether they need a hash is the
///   partitioner's affair.
/// - **Moves**: every record, where the keys do not lie so already; then nothing at all.
/// - **Shape**: two stages: the chain before it ends in buckets, which are put together by
///   partition, in the order of the stream. `mapValues`, `flatMapValues`, `filter`, `tap` and
///   `cache` behind it leave keys where they are; an operator by key with an equal partitioner then
///   combines them in place, and `explain()` says so.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: a partitioner without partitions throws InvalidArgument here; an answer that is
///   not less than `partitions()` fails the task. Refused for records that cannot be kept, as
///   `cache()` does, and for those of a move-only type.
/// - **Cost**: what `cache()` costs, one call of the partitioner per record, and a copy of the
///   records of partitions that several tasks brought; bytes under views stay where they are.
/// - **Source**: Spark's `RDD.partitionBy`, but a stream.
template <detail::MaybePartitioner P>
[[nodiscard]] auto partitionBy(P partitioner) -> PartitionBy<P>
{
    return PartitionBy<P>{
        *detail::checkedPartitioner(std::move(partitioner), "partitionBy(partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
