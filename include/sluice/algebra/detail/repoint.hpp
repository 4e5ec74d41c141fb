#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/detail/aggregate.hpp>
#include <sluice/algebra/owning.hpp>

#include <boost/pfr/core.hpp>

#include <array>
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
concept StandardProduct = requires { std::tuple_size<T>::value; };

template <class T, std::size_t... i>
constexpr bool fieldsKeepable(std::index_sequence<i...>)
{
    return (keepable<boost::pfr::tuple_element_t<i, T>> && ...);
}

template <class T>
constexpr bool repointable()
{
    if constexpr (std::is_aggregate_v<T> && !std::is_array_v<T> && !StandardProduct<T> &&
                  std::is_copy_constructible_v<T>) {
        if constexpr (decomposes<T>()) {
            return fieldsKeepable<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
        } else {
            return false;
        }
    } else {
        return repointableAs<T>;
    }
}

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
    } else if constexpr (StandardProduct<T>) {
        std::apply([&arena](auto&... field) { (repoint(field, arena), ...); }, record);
    } else {
        boost::pfr::for_each_field(record, [&arena](auto& field) { repoint(field, arena); });
    }
}

} // namespace sluice::detail
