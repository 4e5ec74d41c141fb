#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/detail/aggregate.hpp>
#include <sluice/algebra/keyed.hpp> // part
#include <sluice/algebra/owning.hpp>

#include <boost/pfr/core.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::detail {

template <class T>
constexpr bool repointable();

/// Nothing to do, or something that `repoint` knows how to do.
template <class T>
inline constexpr bool keepable = [] {
    if constexpr (Owning<T>) {
        return true; // and not looked into further: decomposing refuses more than owning does
    } else {
        return repointable<T>();
    }
}();

template <class T>
inline constexpr bool repointableAs = std::is_same_v<T, std::string_view>;
template <class A, class B>
inline constexpr bool repointableAs<std::pair<A, B>> = keepable<A> && keepable<B>;
template <class... T>
inline constexpr bool repointableAs<std::tuple<T...>> = (keepable<T> && ...);
template <class T>
inline constexpr bool repointableAs<std::optional<T>> = keepable<T>;
template <class T, std::size_t n>
inline constexpr bool repointableAs<std::array<T, n>> = keepable<T>;

template <class T>
concept TupleLike = requires { std::tuple_size<T>::value; };

template <class T, std::size_t... i>
constexpr bool fieldsKeepable(std::index_sequence<i...>)
{
    return (keepable<boost::pfr::tuple_element_t<i, T>> && ...);
}

/// Whether the parts of a class with a tuple protocol of its own can be re-pointed, and are all of
/// it. Decomposing it would go through that protocol, too.
template <class T, std::size_t... i>
constexpr bool partsKeepable(std::index_sequence<i...>)
{
    if constexpr (decomposes<T>() && initialisers<T> == sizeof...(i)) {
        return (
            (HasPart<T, i> && std::same_as<decltype(part<i>(std::declval<T&>())), Part<T, i>&> &&
                keepable<Part<T, i>>)&&...);
    } else {
        return false;
    }
}

template <class T>
constexpr bool repointable()
{
    if constexpr (!std::is_aggregate_v<T> || std::is_array_v<T> ||
                  !std::is_copy_constructible_v<T>) {
        return repointableAs<T>;
    } else if constexpr (repointableAs<T>) {
        return true; // an array
    } else if constexpr (TupleLike<T>) {
        return partsKeepable<T>(std::make_index_sequence<std::tuple_size<T>::value>{});
    } else if constexpr (decomposes<T>()) {
        return fieldsKeepable<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
    } else {
        return false;
    }
}

template <class T, std::size_t... i>
void repointParts(T& record, Arena& arena, std::index_sequence<i...>);

/// Copies the bytes under the record's views into `arena` and points the views there.
template <class T>
void repoint(T& record, Arena& arena)
{
    if constexpr (Owning<T>) {
        return;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        record = arena.keep(record);
    } else if constexpr (requires { record.has_value(); }) {
        if (record) { repoint(*record, arena); }
    } else if constexpr (requires { record.fill(*record.data()); }) {
        for (auto& element : record) {
            repoint(element, arena);
        }
    } else if constexpr (TupleLike<T>) {
        repointParts(record, arena, std::make_index_sequence<std::tuple_size<T>::value>{});
    } else {
        boost::pfr::for_each_field(record, [&arena](auto& field) { repoint(field, arena); });
    }
}

template <class T, std::size_t... i>
void repointParts(T& record, Arena& arena, std::index_sequence<i...>)
{
    (repoint(part<i>(record), arena), ...);
}

} // namespace sluice::detail
