#pragma once

#include <sluice/algebra/concepts.hpp> // KeyValue

#include <utility>

namespace sluice {

namespace detail {
struct Keys {
    using SluiceBorrows = void;
    using SluiceProjects = void;

    template <KeyValue Pair>
    [[nodiscard]] constexpr const typename Pair::first_type& operator()(
        const Pair& pair) const noexcept
    {
        return pair.first;
    }
};

struct Values {
    using SluiceBorrows = void;
    using SluiceProjects = void;

    template <KeyValue Pair>
    [[nodiscard]] constexpr const typename Pair::second_type& operator()(
        const Pair& pair) const noexcept
    {
        return pair.second;
    }
};
} // namespace detail

/// The key of a pair: `map(keys)` is a stream of the keys alone.
///
/// - **Takes**: a `std::pair<K, V>`.
/// - **Cost**: no copy until the key is kept; it borrows, so that views in it are kept as they are.
/// - **Source**: Spark's `RDD.keys`.
inline constexpr detail::Keys keys{};

/// The value of a pair: `map(values)` is a stream of the values alone.
///
/// - **Takes**: a `std::pair<K, V>`.
/// - **Cost**: no copy until the value is kept; it borrows, so that views in it are kept as they
/// are.
/// - **Source**: Spark's `RDD.values`.
inline constexpr detail::Values values{};

} // namespace sluice
