#pragma once

#include <sluice/algebra/owning.hpp> // detail::OwningContainer
#include <sluice/storage/bytes.hpp>
#include <sluice/storage/detail/serde_traits.hpp>
#include <sluice/storage/serializable.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ranges>
#include <utility>

namespace sluice {

namespace detail {
template <class T>
struct Element {
    using Type = typename T::value_type;
};
template <class T>
    requires requires { typename T::mapped_type; }
struct Element<T> {
    using Type = std::pair<typename T::key_type, typename T::mapped_type>; // the key not const
};
template <class T>
using ElementOf = typename Element<T>::Type;

/// Standard-library style containers that know their size.
template <class T>
concept SerializableContainer =
    OwningContainer<T> && std::ranges::sized_range<const T> && std::default_initializable<T> &&
    Serializable<ElementOf<T>> &&
    (
        requires(T made, ElementOf<T> element) { made.push_back(std::move(element)); } ||
        requires(
            T made, ElementOf<T> element) { made.emplace_hint(made.end(), std::move(element)); });

} // namespace detail

template <detail::SerializableContainer T>
struct Serde<T> {
    using Element = detail::ElementOf<T>;
    static constexpr std::uint64_t format = detail::formatOf("many", {detail::formatOf<Element>()});
    static constexpr std::size_t minimumBytes = sizeof(std::uint32_t);

    static void write(Writer& out, const T& elements)
    {
        out.count(std::ranges::size(elements));
        detail::writeElements<Element>(out, elements);
    }

    static T read(Reader& in)
    {
        const std::size_t count = in.count(detail::minimumBytes<Element>());
        T made;
        if constexpr (detail::bulk<Element> && std::ranges::contiguous_range<T> &&
                      requires { made.resize(count); }) {
            made.resize(count);
            const auto bytes = in.bytes(count * sizeof(Element));
            if (count > 0) { std::memcpy(std::ranges::data(made), bytes.data(), bytes.size()); }
        } else {
            const Reader::Level level{in};
            if constexpr (requires { made.reserve(count); }) {
                made.reserve(std::min(count, in.left() / sizeof(Element) + 1)); // not on its word
            }
            for (std::size_t i = 0; i < count; ++i) {
                if constexpr (requires { made.push_back(Serde<Element>::read(in)); }) {
                    made.push_back(Serde<Element>::read(in));
                } else {
                    made.emplace_hint(made.end(), Serde<Element>::read(in));
                }
            }
            if (made.size() != count) { detail::throwBadInput("a key is there more than once"); }
        }
        return made;
    }
};

template <Serializable T, std::size_t n>
    requires std::default_initializable<T>
struct Serde<std::array<T, n>> {
    static constexpr std::uint64_t format = detail::formatOf("array", {detail::formatOf<T>(), n});
    static constexpr std::size_t minimumBytes = n == 0 ? 1 : n * detail::minimumBytes<T>();
    static void write(Writer& out, const std::array<T, n>& elements)
    {
        if constexpr (n == 0) {
            detail::writeNothing(out);
        } else {
            detail::writeElements<T>(out, elements);
        }
    }
    static std::array<T, n> read(Reader& in)
    {
        std::array<T, n> made{};
        if constexpr (n == 0) {
            detail::readNothing(in);
        } else if constexpr (detail::bulk<T>) {
            std::memcpy(made.data(), in.bytes(sizeof made).data(), sizeof made);
        } else {
            for (T& value : made) {
                value = Serde<T>::read(in);
            }
        }
        return made;
    }
};

} // namespace sluice
