#pragma once

#include <sluice/dstream/dstream.hpp>

#include <string_view>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `cache()`.
class Cache {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"cache"};

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        return {stream.runtime(), detail::closeChain(stream, name)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return input.collect();
    }
};

/// Closes the chain behind a stage boundary: what is before it runs once per batch, however many
/// consumers read it.
///
/// - **Types**: `DStream<T>` to `DStream<T>`, the erased form.
/// - **Shape**: a stage of its own; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: refused for records that cannot be kept: of a move-only type that nobody made in
///   the chain, or with views that can be neither owned nor pointed elsewhere.
/// - **Cost**: one materialised partition a partition, until the batch ends; bytes under views are
///   copied only where the functions before are not known to borrow (`borrows(f)`). None after a
///   source, a wide operator or another `cache()`.
/// - **Source**: Spark's `DStream.cache`.
[[nodiscard]] inline Cache cache()
{
    return {};
}

} // namespace sluice::inline SLUICE_ABI
