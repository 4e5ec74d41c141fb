#pragma once

#include <sluice/storage/bytes.hpp>
#include <sluice/storage/detail/serde_traits.hpp>
#include <sluice/storage/serializable.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace sluice {

namespace detail {
template <class T>
concept SerializableEnum = FixedEnum<T> && Serializable<std::underlying_type_t<T>>;
} // namespace detail

template <detail::PlainNumber T>
struct Serde<T> {
    static constexpr std::uint64_t format = detail::formatOf(std::same_as<T, char>    ? "char"
                                                             : std::floating_point<T> ? "float"
                                                             : std::is_signed_v<T>    ? "int"
                                                                                      : "uint",
        {sizeof(T)});
    static constexpr std::size_t minimumBytes = sizeof(T);
    static void write(Writer& out, T value) { out.number(value); }
    static T read(Reader& in) { return in.number<T>(); }
};

template <>
struct Serde<bool> {
    static constexpr std::uint64_t format = detail::formatOf("bool");
    static constexpr std::size_t minimumBytes = 1;
    static void write(Writer& out, bool value) { detail::writeBool(out, value); }
    static bool read(Reader& in) { return detail::readBool(in); }
};

template <detail::SerializableEnum T>
struct Serde<T> {
    using Number = std::underlying_type_t<T>;
    static constexpr std::uint64_t format = Serde<Number>::format;
    static constexpr std::size_t minimumBytes = Serde<Number>::minimumBytes;
    static void write(Writer& out, T value)
    {
        Serde<Number>::write(out, static_cast<Number>(value));
    }
    static T read(Reader& in) { return static_cast<T>(Serde<Number>::read(in)); }
};

/// Written as a string is. What is read points into the reader's bytes.
template <>
struct Serde<std::string_view> {
    static constexpr std::uint64_t format = detail::formatOf("many", {Serde<char>::format});
    static constexpr std::size_t minimumBytes = sizeof(std::uint32_t);
    static void write(Writer& out, std::string_view text)
    {
        out.count(text.size());
        out.bytes(text);
    }
    static std::string_view read(Reader& in) { return in.bytes(in.count(1)); }
};

template <Serializable Rep, class Period>
struct Serde<std::chrono::duration<Rep, Period>> {
    using Value = std::chrono::duration<Rep, Period>;
    static constexpr std::uint64_t format = detail::formatOf(
        "duration", {detail::formatOf<Rep>(), static_cast<std::uint64_t>(Period::num),
                        static_cast<std::uint64_t>(Period::den)});
    static constexpr std::size_t minimumBytes = detail::minimumBytes<Rep>();
    static void write(Writer& out, Value value) { Serde<Rep>::write(out, value.count()); }
    static Value read(Reader& in) { return Value{Serde<Rep>::read(in)}; }
};

template <class Clock, Serializable Since>
struct Serde<std::chrono::time_point<Clock, Since>> {
    using Value = std::chrono::time_point<Clock, Since>;
    static constexpr std::uint64_t format = detail::formatOf("time", {Serde<Since>::format});
    static constexpr std::size_t minimumBytes = Serde<Since>::minimumBytes;
    static void write(Writer& out, Value value)
    {
        Serde<Since>::write(out, value.time_since_epoch());
    }
    static Value read(Reader& in) { return Value{Serde<Since>::read(in)}; }
};

} // namespace sluice
