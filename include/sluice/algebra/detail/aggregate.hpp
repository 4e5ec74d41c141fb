#pragma once

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// Initialises any one member, or element of a member, of an aggregate.
struct AnyProbe {
    template <class T>
    operator T() const; // NOLINT(google-explicit-constructor): the conversion is the probe
};

template <std::size_t>
using AnyAt = AnyProbe;

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

/// Whether some member of the aggregate `T`, C arrays looked into, can be made from a `Probe`.
///
/// Asks by initialisation and not by decomposition: Boost.PFR counts the elements of a C array as
/// members, which is the number that brace elision wants here.
template <class T, class Probe>
constexpr bool hasMemberThatTakes()
{
    if constexpr (std::is_empty_v<T>) {
        return false;
    } else {
        return anyPositionTakes<T, Probe>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
    }
}

} // namespace sluice::detail
