#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp> // detail::decomposes
#include <sluice/storage/bytes.hpp>
#include <sluice/storage/detail/serde_traits.hpp>
#include <sluice/storage/serializable.hpp>

#include <boost/pfr/core.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace sluice {

namespace detail {
template <class T>
concept StandardProductLike = requires { std::tuple_size<T>::value; };

template <class T>
inline constexpr std::size_t fieldCount = std::is_empty_v<T> ? 0 : initialisers<T>;

/// The fields of a plain aggregate. PFR is told how many there are, for where it counts arrays of
/// strings among them GCC 12 crashes.
template <class T>
constexpr auto fieldsOf(const T& value)
{
    return boost::pfr::detail::tie_as_tuple(value, boost::pfr::detail::size_t_<fieldCount<T>>{});
}

template <std::size_t i, class T>
using FieldOf = std::remove_cvref_t<decltype(boost::pfr::detail::sequence_tuple::get<i>(
    fieldsOf(std::declval<const T&>())))>;

template <class T, std::size_t... i>
consteval bool fieldsSerializable(std::index_sequence<i...>)
{
    return (Serializable<FieldOf<i, T>> && ...);
}

template <class T>
consteval bool decomposesIntoSerializable()
{
    if constexpr (std::is_move_constructible_v<T> && decomposes<T>()) {
        return fieldsSerializable<T>(std::make_index_sequence<fieldCount<T>>{});
    } else {
        return false;
    }
}

template <class T>
concept SerializableAggregate = std::is_class_v<T> && std::is_aggregate_v<T> &&
                                !StandardProductLike<T> && decomposesIntoSerializable<T>();

/// What pairs, tuples and aggregates of `Fields` have in common.
template <class T, class... Fields>
struct SerdeOfFields {
    static constexpr std::uint64_t format = formatOf("fields", {formatOf<Fields>()...});
    static constexpr std::size_t minimumBytes =
        sizeof...(Fields) == 0 ? 1 : (std::size_t{0} + ... + detail::minimumBytes<Fields>());

    static T read(Reader& in)
    {
        if constexpr (sizeof...(Fields) == 0) {
            readNothing(in);
            return T{};
        } else {
            return T{Serde<Fields>::read(in)...}; // in braces, and so in this order
        }
    }
};

template <class T, class Indices = std::make_index_sequence<fieldCount<T>>>
struct SerdeOfAggregate;
template <class T, std::size_t... i>
struct SerdeOfAggregate<T, std::index_sequence<i...>> : SerdeOfFields<T, FieldOf<i, T>...> {
    static void write(Writer& out, const T& value)
    {
        if constexpr (sizeof...(i) == 0) {
            writeNothing(out);
        } else {
            const auto fields = fieldsOf(value);
            (writeField(out, boost::pfr::detail::sequence_tuple::get<i>(fields)), ...);
        }
    }
};
} // namespace detail

template <Serializable A, Serializable B>
struct Serde<std::pair<A, B>> : detail::SerdeOfFields<std::pair<A, B>, A, B> {
    static void write(Writer& out, const std::pair<A, B>& value)
    {
        detail::writeField(out, value.first);
        detail::writeField(out, value.second);
    }
};

template <Serializable... T>
struct Serde<std::tuple<T...>> : detail::SerdeOfFields<std::tuple<T...>, T...> {
    static void write(Writer& out, const std::tuple<T...>& value)
    {
        if constexpr (sizeof...(T) == 0) {
            detail::writeNothing(out);
        } else {
            std::apply([&out](const T&... field) { (detail::writeField(out, field), ...); }, value);
        }
    }
};

template <detail::SerializableAggregate T>
struct Serde<T> : detail::SerdeOfAggregate<T> {};

template <Serializable T>
struct Serde<std::optional<T>> {
    static constexpr std::uint64_t format = detail::formatOf("optional", {detail::formatOf<T>()});
    static constexpr std::size_t minimumBytes = 1;
    static void write(Writer& out, const std::optional<T>& value)
    {
        detail::writeBool(out, value.has_value());
        if (value) { detail::writeField(out, *value); }
    }
    static std::optional<T> read(Reader& in)
    {
        if (!detail::readBool(in)) { return std::nullopt; }
        const Reader::Level level{in};
        return Serde<T>::read(in);
    }
};

template <>
struct Serde<std::monostate> {
    static constexpr std::uint64_t format = detail::formatOf("fields");
    static constexpr std::size_t minimumBytes = 1;
    static void write(Writer& out, std::monostate) { detail::writeNothing(out); }
    static std::monostate read(Reader& in)
    {
        detail::readNothing(in);
        return {};
    }
};

template <Serializable... T>
    requires(sizeof...(T) < 128)
struct Serde<std::variant<T...>> {
    using Variant = std::variant<T...>;
    static constexpr std::uint64_t format = detail::formatOf("variant", {detail::formatOf<T>()...});
    static constexpr std::size_t minimumBytes = 2;

    static void write(Writer& out, const Variant& value)
    {
        if (value.valueless_by_exception()) {
            throw InvalidArgument{"sluice: a variant without a value cannot be written"};
        }
        out.number(static_cast<std::uint8_t>(value.index()));
        std::visit([&out](const auto& held) { detail::writeField(out, held); }, value);
    }

    static Variant read(Reader& in)
    {
        const std::size_t index = in.number<std::uint8_t>();
        if (index >= sizeof...(T)) { detail::throwBadInput("a variant holds none of its types"); }
        const Reader::Level level{in};
        return readAs(in, index, std::index_sequence_for<T...>{});
    }

private:
    template <std::size_t i>
    static Variant readOne(Reader& in)
    {
        return Variant{
            std::in_place_index<i>, Serde<std::variant_alternative_t<i, Variant>>::read(in)};
    }

    template <std::size_t... i>
    static Variant readAs(Reader& in, std::size_t index, std::index_sequence<i...>)
    {
        constexpr std::array<Variant (*)(Reader&), sizeof...(T)> readers{&readOne<i>...};
        return readers[index](in);
    }
};

} // namespace sluice
