#pragma once

#include <sluice/algebra/detail/aggregate.hpp> // detail::hasMemberThatTakes

#include <array>
#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace sluice {

namespace detail {
template <class T>
constexpr bool owningByDefault();

/// A standard-library style container: it frees what it holds (views and spans do not), and no
/// other object can free it (as a `std::pmr` memory resource can).
template <class T>
concept OwningContainer = requires {
    typename T::value_type;
    typename T::allocator_type;
} && std::allocator_traits<typename T::allocator_type>::is_always_equal::value;
} // namespace detail

/// `T` holds no views: it can be kept as long as one likes, wherever it came from.
///
/// True for scalars, `std::string`, and owning standard containers, smart pointers, pairs, tuples,
/// optionals, variants, arrays and plain aggregates of owning types. Not looked into are classes
/// with private members or constructors, unions, aggregates of more than 64 values and those that
/// contain themselves (and of an anonymous union only the first member is seen); specialise it for
/// yours:
///
///     template <>
///     inline constexpr bool sluice::Owning<Mine> = true;
template <class T>
inline constexpr bool Owning = detail::owningByDefault<T>();

template <class A, class B>
inline constexpr bool Owning<std::pair<A, B>> = Owning<A> && Owning<B>;
template <class... T>
inline constexpr bool Owning<std::tuple<T...>> = (Owning<T> && ...);
template <class... T>
inline constexpr bool Owning<std::variant<T...>> = (Owning<T> && ...);
template <class T>
inline constexpr bool Owning<std::optional<T>> = Owning<T>;
template <class T, std::size_t n>
inline constexpr bool Owning<std::array<T, n>> = Owning<T>;
template <class T, std::size_t n>
inline constexpr bool Owning<T[n]> = Owning<T>;
// With another deleter the pointer may be to what somebody else frees.
template <class T>
inline constexpr bool Owning<std::unique_ptr<T>> = Owning<T>;
template <class T>
inline constexpr bool Owning<std::shared_ptr<T>> = Owning<T>;
template <>
inline constexpr bool Owning<std::exception_ptr> = true;
template <class Rep, class Period>
inline constexpr bool Owning<std::chrono::duration<Rep, Period>> = true;
template <class Clock, class Duration>
inline constexpr bool Owning<std::chrono::time_point<Clock, Duration>> = true;
template <>
inline constexpr bool Owning<std::monostate> = true;

namespace detail {
template <class T>
constexpr bool owningContainer()
{
    if constexpr (requires { typename T::mapped_type; }) {
        return Owning<typename T::key_type> && Owning<typename T::mapped_type>;
    } else {
        return Owning<typename T::value_type>;
    }
}

/// For probing aggregates: converts to whatever is not Owning, and to nothing else.
struct ViewProbe {
    template <class T>
        requires(!Owning<T>)
    operator T() const; // NOLINT(google-explicit-constructor): the conversion is the probe
};

template <class T>
constexpr bool owningByDefault()
{
    if constexpr (std::is_const_v<T>) {
        return Owning<std::remove_const_t<T>>;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
        return true;
    } else if constexpr (OwningContainer<T>) {
        return owningContainer<T>();
    } else if constexpr (std::is_aggregate_v<T> && !std::is_array_v<T>) {
        return canLookInto<T>() && !hasMemberThatTakes<T, ViewProbe>();
    } else {
        return false;
    }
}
} // namespace detail

} // namespace sluice
