#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/storage/batch.hpp>

#include <memory>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// The records of some batches, one after the other.
template <class T>
using Batches = std::vector<std::vector<T>>;

/// What came out of a stream, batch by batch.
template <class T>
struct Collected {
    Batches<T> batches; ///< the records
    /// The same with their partitions, times and metadata; keeps the memory under views alive.
    std::vector<Batch<T>> kept;
};

/// Keeps all that comes out of `stream`: an output operation whose result a test looks at while the
/// engine stands still.
template <class T, class From>
[[nodiscard]] std::shared_ptr<const Collected<T>> collect(const DStream<T, From>& stream)
{
    auto collected = std::make_shared<Collected<T>>();
    stream | foreachBatch([collected](const Batch<T>& batch) {
        collected->kept.push_back(batch);
        collected->batches.emplace_back(batch.begin(), batch.end());
    });
    return collected;
}

} // namespace sluice::inline SLUICE_ABI::testing
