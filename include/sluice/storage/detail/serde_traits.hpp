#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/storage/bytes.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <string_view>
#include <type_traits>

namespace sluice {
template <class T>
struct Serde;
} // namespace sluice

/// What the `Serde` of all types have in common.
namespace sluice::detail {

/// The fewest bytes that a `T` takes; never none, so that no count can be larger than the bytes.
template <class T>
constexpr std::size_t minimumBytes()
{
    if constexpr (requires { Serde<T>::minimumBytes; }) {
        static_assert(Serde<T>::minimumBytes > 0,
            "sluice: Serde<T>::minimumBytes: every value takes at least one byte");
        return Serde<T>::minimumBytes;
    } else {
        return 1;
    }
}

/// A number for a format made of other formats (FNV-1a).
constexpr std::uint64_t formatOf(
    std::string_view kind, std::initializer_list<std::uint64_t> parts = {})
{
    constexpr std::uint64_t prime = 0x100000001B3;
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : kind) {
        hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    }
    for (std::uint64_t part : parts) {
        for (int i = 0; i < 8; ++i, part >>= 8) {
            hash = (hash ^ (part & 0xFF)) * prime;
        }
    }
    return hash;
}

/// The same for types that are written in the same way, and on every machine.
template <class T>
constexpr std::uint64_t formatOf()
{
    if constexpr (requires { Serde<T>::format; }) {
        return Serde<T>::format;
    } else if constexpr (requires { std::string_view{Serde<T>::name}; }) {
        return formatOf(Serde<T>::name);
    } else {
        constexpr bool hasName = !std::same_as<T, T>;
        static_assert(hasName, "sluice: Serde<T>: a specialisation needs a name for its format: "
                               "static constexpr std::string_view name{\"...\"}");
        return 0;
    }
}

template <class T>
concept PlainNumber =
    std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, long double>;

/// Any number is a value of such an enum; of others it may be none.
template <class T>
concept FixedEnum = std::is_enum_v<T> && requires(std::underlying_type_t<T> number) { T{number}; };

template <class T>
consteval bool hasBytesOfItsOwn()
{
    if constexpr (FixedEnum<T>) {
        return hasBytesOfItsOwn<std::underlying_type_t<T>>();
    } else {
        return PlainNumber<T> && (std::endian::native == std::endian::little || sizeof(T) == 1);
    }
}

/// Values that are written just as they lie in memory.
template <class T>
inline constexpr bool bulk = hasBytesOfItsOwn<T>();
/// What a value without content is: a byte all the same, see `minimumBytes`.
inline void writeNothing(Writer& out)
{
    static constexpr char nothing = 0;
    out.bytes({&nothing, 1});
}
inline void readNothing(Reader& in)
{
    if (in.number<char>() != 0) { throwBadInput("a value without content is not 0"); }
}

inline void writeBool(Writer& out, bool value)
{
    out.number(static_cast<char>(value));
}
inline bool readBool(Reader& in)
{
    const char value = in.number<char>();
    if (value != 0 && value != 1) { throwBadInput("a bool is neither 0 nor 1"); }
    return value == 1;
}

template <class T>
void writeField(Writer& out, const T& value)
{
    Serde<T>::write(out, value);
}

/// A `Serde` of a user's that wrote less than it promised would be found out when it is too late.
template <class T>
void checkWritten(std::size_t bytes, std::size_t count)
{
    if (bytes / minimumBytes<T>() < count) {
        throw IllegalState{"sluice: a Serde wrote fewer bytes than its minimumBytes, which is 1 "
                           "where it does not say: what it wrote could not be read again"};
    }
}

/// Elements one after the other.
template <class T, class Range>
void writeElements(Writer& out, const Range& elements)
{
    if constexpr (bulk<T> && std::ranges::contiguous_range<const Range>) {
        const auto* bytes = reinterpret_cast<const char*>(std::ranges::data(elements));
        out.bytes({bytes, std::ranges::size(elements) * sizeof(T)});
    } else {
        const std::size_t before = out.size();
        for (const auto& element : elements) {
            if constexpr (requires { typename Range::mapped_type; }) {
                writeField(out, element.first);
                writeField(out, element.second);
            } else {
                Serde<T>::write(out, element);
            }
        }
        checkWritten<T>(out.size() - before, std::ranges::size(elements));
    }
}

} // namespace sluice::detail
