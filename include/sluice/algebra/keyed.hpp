#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>

namespace sluice {

namespace detail {
template <class T>
inline constexpr bool isPair = false;
template <class K, class V>
inline constexpr bool isPair<std::pair<K, V>> = true;

/// Hides whatever else is called `get`, so that only one that belongs to a record is found.
template <std::size_t>
void get() = delete;

template <class T, std::size_t i>
concept HasMemberGet = requires(T&& record) { std::forward<T>(record).template get<i>(); };
template <class T, std::size_t i>
concept HasGet = HasMemberGet<T, i> || requires(T&& record) { get<i>(std::forward<T>(record)); };

/// What a structured binding would bind to.
template <std::size_t i, class T>
    requires HasGet<T, i>
constexpr decltype(auto) part(T&& record)
{
    if constexpr (HasMemberGet<T, i>) {
        return std::forward<T>(record).template get<i>();
    } else {
        return get<i>(std::forward<T>(record));
    }
}

template <class T, std::size_t i>
using Part = std::remove_cvref_t<std::tuple_element_t<i, T>>;

template <class T, std::size_t i>
concept HasPart =
    HasGet<const T&, i> &&
    std::same_as<std::remove_cvref_t<decltype(part<i>(std::declval<const T&>()))>, Part<T, i>>;

/// What the protocol makes of a subrange: a record of its two ends.
template <class T>
concept OfItsEnds = requires { requires std::same_as<Part<T, 0>, std::ranges::iterator_t<T>>; };

template <class T>
concept TupleOfTwo = requires { requires std::tuple_size<T>::value == 2; } && HasPart<T, 0> &&
                     HasPart<T, 1> && !OfItsEnds<T>;
} // namespace detail

/// A record with a key and a value: a `std::pair<K, V>`, or anything else with the tuple protocol
/// of size two, as a `std::tuple<K, V>` or a class with a `std::tuple_size`, a `std::tuple_element`
/// and a `get<i>` of its own, which answers with a part of the record or with a copy of one. A
/// range that has the protocol for its two ends, as `std::ranges::subrange`, does not count.
template <class T>
concept KeyValue = detail::isPair<T> || detail::TupleOfTwo<T>;

namespace detail {
template <class T>
struct PartsOf {
    using Key = Part<T, 0>;
    using Value = Part<T, 1>;
};
template <class K, class V>
struct PartsOf<std::pair<K, V>> {
    using Key = std::remove_cvref_t<K>;
    using Value = std::remove_cvref_t<V>;
};
} // namespace detail

/// The type of the key of a keyed record.
template <KeyValue T>
using KeyOf = typename detail::PartsOf<T>::Key;

/// The type of the value of a keyed record.
template <KeyValue T>
using MappedOf = typename detail::PartsOf<T>::Value;

namespace detail {
/// The key of a record: of one that is given away, to be moved from.
template <class T>
constexpr decltype(auto) keyOf(T&& record)
{
    if constexpr (isPair<std::remove_cvref_t<T>>) {
        return (std::forward<T>(record).first);
    } else {
        return part<0>(std::forward<T>(record));
    }
}

/// The value of a record: of one that is given away, to be moved from.
template <class T>
constexpr decltype(auto) valueOf(T&& record)
{
    if constexpr (isPair<std::remove_cvref_t<T>>) {
        return (std::forward<T>(record).second);
    } else {
        return part<1>(std::forward<T>(record));
    }
}

/// What `keyOf` and `valueOf` answer for a record that is only shown.
template <class T>
using ShownKey = decltype(keyOf(std::declval<const T&>()));
template <class T>
using ShownValue = decltype(valueOf(std::declval<const T&>()));

/// Whether key and value are parts of the record itself. What a `get` makes anew may be a view of
/// whatever it likes.
template <class T>
inline constexpr bool holdsParts = isPair<T>;
template <TupleOfTwo T>
    requires(!isPair<T>)
inline constexpr bool holdsParts<T> =
    std::is_lvalue_reference_v<ShownKey<T>> && std::is_lvalue_reference_v<ShownValue<T>>;
} // namespace detail

} // namespace sluice
