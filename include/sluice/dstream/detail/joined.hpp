#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// Which side of a join may lack a key that the other side has; `none` is a `cogroup`.
enum class JoinKind { none, inner, left, right, full };

template <JoinKind kind>
inline constexpr bool lacksLeft = kind == JoinKind::right || kind == JoinKind::full;
template <JoinKind kind>
inline constexpr bool lacksRight = kind == JoinKind::left || kind == JoinKind::full;

/// A record of a join.
template <JoinKind kind, class K, class V, class W>
using Joined = std::pair<K, std::pair<std::conditional_t<lacksLeft<kind>, std::optional<V>, V>,
                                std::conditional_t<lacksRight<kind>, std::optional<W>, W>>>;

} // namespace sluice::detail
