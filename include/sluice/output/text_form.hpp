#pragma once

#include <sluice/version.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <ostream>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {
void appendBytes(std::string& out, std::string_view bytes);
void appendNumber(std::string& out, long long number);
void appendNumber(std::string& out, unsigned long long number);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice {

namespace detail {
template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

/// A number or narrow character: all have an operator<<.
template <class T>
inline constexpr bool plainNumber =
    std::is_arithmetic_v<T> && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> &&
    !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;

template <class T>
inline constexpr bool isTuple = false;
template <class... T>
inline constexpr bool isTuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool isTuple<std::pair<A, B>> = true;

template <class T>
constexpr bool hasTextForm();

template <class T, std::size_t... i>
constexpr bool fieldsHaveTextForm(std::index_sequence<i...>)
{
    return (hasTextForm<std::tuple_element_t<i, T>>() && ...);
}

template <class T>
constexpr bool hasTextForm()
{
    // The standard's own types first: to ask for an operator<< is dear where there are hundreds.
    if constexpr (isTuple<T>) {
        return fieldsHaveTextForm<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (isOptional<T>) {
        return hasTextForm<typename T::value_type>();
    } else if constexpr (plainNumber<T> || std::convertible_to<const T&, std::string_view> ||
                         Streamable<T>) {
        return true;
    } else if constexpr (std::ranges::input_range<const T>) {
        return hasTextForm<std::ranges::range_value_t<const T>>();
    } else {
        return false;
    }
}
} // namespace detail

/// Records of type `T` can be written as text: by `operator<<`, or as pairs, tuples, optionals and
/// ranges of what can.
template <class T>
concept TextWritable = detail::hasTextForm<T>();

/// Appends a record's text form: `operator<<` where there is one, else a pair or tuple as `(a,b)`,
/// an optional as `Some(x)` or `None`, a range as `[a, b]`.
template <TextWritable T>
void appendText(std::string& out, const T& value)
{
    if constexpr (std::convertible_to<const T&, std::string_view>) {
        detail::appendBytes(out, std::string_view{value});
    } else if constexpr (detail::plainNumber<T> && std::integral<T> && !std::same_as<T, bool> &&
                         sizeof(T) > 1) {
        if constexpr (std::signed_integral<T>) {
            detail::appendNumber(out, static_cast<long long>(value));
        } else {
            detail::appendNumber(out, static_cast<unsigned long long>(value));
        }
    } else if constexpr (detail::isTuple<T>) {
        out += '(';
        std::apply(
            [&out](const auto&... field) {
                [[maybe_unused]] bool first = true;
                ((std::exchange(first, false) ? void() : out.push_back(','),
                     appendText(out, field)),
                    ...);
            },
            value);
        out += ')';
    } else if constexpr (detail::isOptional<T>) {
        if (!value) {
            out += "None";
            return;
        }
        out += "Some(";
        appendText(out, *value);
        out += ')';
    } else if constexpr (detail::Streamable<T>) {
        std::ostringstream text;
        text << value;
        out += std::move(text).str();
    } else {
        out += '[';
        bool first = true;
        for (const auto& element : value) {
            if (!std::exchange(first, false)) { out += ", "; }
            appendText(out, element);
        }
        out += ']';
    }
}

} // namespace sluice

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/text_form.ipp>
#endif
