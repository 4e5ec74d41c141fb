#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::test {

/// A user's class with the tuple protocol, its `get` beside it.
template <class K, class V>
struct Reading {
    K sensor;
    V value;

    friend bool operator==(const Reading&, const Reading&) = default;
};

template <std::size_t i, class R>
    requires std::is_same_v<std::remove_cvref_t<R>,
        Reading<decltype(std::declval<R&>().sensor), decltype(std::declval<R&>().value)>>
constexpr auto&& get(R&& reading)
{
    if constexpr (i == 0) {
        return std::forward<R>(reading).sensor;
    } else {
        return std::forward<R>(reading).value;
    }
}

/// One with its `get` inside, which makes a view anew each time.
class Line {
public:
    constexpr explicit Line(std::string_view text) : text_{text} {}

    template <std::size_t i>
    [[nodiscard]] constexpr std::string_view get() const
    {
        const auto colon = text_.find(':');
        return i == 0 ? text_.substr(0, colon) : text_.substr(colon + 1);
    }

private:
    std::string_view text_;
};

/// One that makes its parts of what it owns.
template <class Text>
struct Owner {
    Text text;

    template <std::size_t i>
    [[nodiscard]] std::string_view get() const
    {
        return std::string_view{text}.substr(i == 0 ? 0 : 1, i == 0 ? 1 : std::string_view::npos);
    }
};

} // namespace sluice::test

template <class K, class V>
struct std::tuple_size<sluice::test::Reading<K, V>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t i, class K, class V>
struct std::tuple_element<i, sluice::test::Reading<K, V>> : std::tuple_element<i, std::pair<K, V>> {
};
template <>
struct std::tuple_size<sluice::test::Line> : std::integral_constant<std::size_t, 2> {};
template <std::size_t i>
struct std::tuple_element<i, sluice::test::Line> {
    using type = std::string_view;
};
template <class Text>
struct std::tuple_size<sluice::test::Owner<Text>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t i, class Text>
struct std::tuple_element<i, sluice::test::Owner<Text>> {
    using type = std::string_view;
};
