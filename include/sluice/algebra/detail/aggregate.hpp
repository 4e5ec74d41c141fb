#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// Initialises any one member, base, or element of an array member of an aggregate.
struct AnyProbe {
    // Never called. Clang wants a body for types without linkage, where `std::optional` of one is
    // asked.
    template <class T>
    operator T() const // NOLINT(google-explicit-constructor): the conversion is the probe
    {
        std::terminate();
    }
};

/// Initialises a base of the aggregate `T` and nothing else.
template <class T>
struct BaseProbe {
    template <class Base>
        requires std::is_base_of_v<Base, T>
    operator Base() const; // NOLINT(google-explicit-constructor): the conversion is the probe
};

template <std::size_t>
using AnyAt = AnyProbe;

template <class T, std::size_t... i>
constexpr bool takesProbes(std::index_sequence<i...>)
{
    return requires { T{AnyAt<i>{}...}; };
}

template <class T, class Probe, std::size_t... before, std::size_t... after>
constexpr bool takesBetween(std::index_sequence<before...>, std::index_sequence<after...>)
{
    return requires { T{AnyAt<before>{}..., Probe{}, AnyAt<after>{}...}; };
}

template <class T, class Probe, std::size_t... position>
constexpr bool anyPositionTakes(std::index_sequence<position...>)
{
    return (takesBetween<T, Probe>(std::make_index_sequence<position>{},
                std::make_index_sequence<sizeof...(position) - 1 - position>{}) ||
            ...);
}

/// Arrays count by their elements, and asking costs the compiler the square of the number.
inline constexpr std::size_t mostInitialisers = 64;

template <class T, std::size_t n = 0, bool begun = false>
constexpr std::size_t countInitialisers()
{
    // The numbers that do are consecutive: too few leave a member that has no default, too many
    // have no place.
    constexpr bool takes = takesProbes<T>(std::make_index_sequence<n>{});
    if constexpr (begun && !takes) {
        return n - 1;
    } else if constexpr (n == mostInitialisers + 1) {
        return 0;
    } else {
        return countInitialisers<T, n + 1, takes>();
    }
}

/// How many initialisers the aggregate `T` takes, bases and elements of array members counted; 0
/// where that cannot be found out, for it has too many, or a member that nothing but a variable can
/// initialise.
///
/// Asks by initialisation and not by decomposition, which knows neither arrays nor bases.
template <class T>
inline constexpr std::size_t initialisers = countInitialisers<T>();

/// Whether some base or member of the aggregate `T`, arrays looked into, can be made from a
/// `Probe`.
template <class T, class Probe>
constexpr bool hasMemberThatTakes()
{
    return anyPositionTakes<T, Probe>(std::make_index_sequence<initialisers<T>>{});
}

/// A reference is initialised like a value, but a class with one is neither of standard layout nor
/// assignable.
template <class T>
inline constexpr bool mayHoldReferences =
    !std::is_standard_layout_v<T> && !std::is_move_assignable_v<T>;

/// Whether what is in the aggregate `T` can be learned at all.
template <class T>
constexpr bool canLookInto()
{
    if constexpr (std::is_union_v<T>) {
        return false;
    } else if constexpr (std::is_empty_v<T>) {
        return true;
    } else {
        return initialisers<T> > 0 && !mayHoldReferences<T>;
    }
}

template <class T, std::size_t... i>
constexpr bool takesOneForEachMember(std::index_sequence<i...>)
{
    // Parentheses elide no braces, so that arrays do not take their elements one by one.
    return requires { T(AnyAt<i>{}...); };
}

/// Whether `T` is an aggregate of members only, no array among them: one that can be decomposed.
template <class T>
constexpr bool decomposes()
{
    if constexpr (!canLookInto<T>()) {
        return false;
    } else if constexpr (std::is_empty_v<T>) {
        return true;
    } else {
        return takesOneForEachMember<T>(std::make_index_sequence<initialisers<T>>{}) &&
               !hasMemberThatTakes<T, BaseProbe<T>>();
    }
}

} // namespace sluice::detail
