#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/history.hpp>
#include <sluice/storage/batch.hpp>
#include <sluice/storage/time.hpp>

#include <concepts>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {
/// The batches of `stage` that are remembered and whose times lie in the slice.
engine::History::Batches sliceOf(
    const engine::Runtime& runtime, const engine::Stage& stage, Time from, Time to);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The batches of a stream with times from `from` to `to`, both included, oldest first: a look into
/// the past, from any thread and at any time after the start.
///
/// - **Types**: `DStream<T>` to `std::vector<Batch<T>>`. The chain of the stream must be closed: a
///   source, the result of a wide operator, of `cache()`, or a `DStream<T>`.
/// - **Takes**: batch times. A time between two batches of the stream is moved down to the earlier
///   one.
/// - **Time**: only what is remembered: what came in the last `context.remember(span)`, or in the
///   longest window over this stream. A batch can be seen as soon as the stream has it. Batches
///   that are gone, that failed or that lie in the future are left out, never made anew.
/// - **Empty**: an empty vector where no batch lies in the slice.
/// - **Errors**: IllegalState before the start, and where nothing of the stream is remembered;
///   InvalidArgument where `from` is later than `to`.
/// - **Cost**: a list of the partitions; no record is copied. The batches keep their memory alive.
/// - **Source**: Spark's `DStream.slice`.
template <class T, class U, class Chain>
[[nodiscard]] std::vector<Batch<T>> slice(
    const DStream<T, From<U, Chain>>& stream, Time from, Time to)
{
    constexpr bool closed = std::same_as<Chain, Identity>;
    static_assert(closed, "sluice: slice(stream, from, to): the stream must be one that has "
                          "batches of its own: close its chain with cache() first");
    std::vector<Batch<T>> batches;
    if constexpr (closed) {
        for (const auto& one : detail::sliceOf(stream.runtime(), *stream.parent(), from, to)) {
            batches.emplace_back(one->partitions, one->metadata);
        }
    }
    return batches;
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/slice.ipp>
#endif
