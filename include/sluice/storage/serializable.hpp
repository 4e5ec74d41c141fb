#pragma once

#include <sluice/storage/bytes.hpp>
#include <sluice/storage/detail/serde_traits.hpp>

#include <concepts>

namespace sluice {

/// How values of type `T` become bytes, and values again.
///
/// There is one for numbers (fixed size, little-endian), bool, enums with a fixed underlying type,
/// `std::string`, `std::string_view`, standard containers, arrays, pairs, tuples, optionals,
/// variants, durations and time points, and for plain aggregates without bases and C arrays, each
/// of such. A view that is read points into the bytes that it was read from.
///
/// For other types specialise it:
///
///     template <>
///     struct sluice::Serde<Money> {
///         static constexpr std::string_view name{"Money 1"}; // another for another format
///         static void write(Writer& out, const Money& money) { out.number(money.cents()); }
///         static Money read(Reader& in) { return Money{in.number<std::int64_t>()}; }
///     };
///
/// `write` writes at least one byte, or `static constexpr std::size_t minimumBytes` where it is
/// there; `read` throws what `Reader` throws, and `Error{ErrorCode::badInput, ...}` for what cannot
/// be a value. A `read` that calls itself without one of the types above between holds a
/// `Reader::Level` meanwhile: without it an input could nest values until the stack is full.
template <class T>
struct Serde;

/// `T` has a `Serde`.
template <class T>
concept Serializable = requires(Writer& out, Reader& in, const T& value) {
    Serde<T>::write(out, value);
    {
        Serde<T>::read(in)
    } -> std::same_as<T>;
};

namespace detail {
/// Instantiated only where `T` is not Serializable, to say in one sentence what is wrong.
template <class T>
consteval void refuseSerde()
{
    constexpr bool hasSerde = Serializable<T>; // of a concept the compiler would say too much
    static_assert(hasSerde,
        "sluice: these records cannot become bytes: they may be made of numbers, enums with a "
        "fixed underlying type, std::string, string_view, std::chrono, standard containers, "
        "pairs, tuples, optionals, variants, and plain aggregates without bases, references and "
        "C arrays; for other types specialise sluice::Serde<T>");
}
} // namespace detail

} // namespace sluice
