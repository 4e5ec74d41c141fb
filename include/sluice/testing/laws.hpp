#pragma once

#include <sluice/testing/law_result.hpp>
#include <sluice/testing/random.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// How a law is checked.
struct LawOptions {
    std::uint64_t seed = 20240607; ///< of the random values
    std::size_t cases = 200;       ///< of random values that are tried
};

/// `Values` is where a law gets its values of type `T` from: a range of samples, all combinations
/// of which are tried, or a generator `T(Random&)`.
template <class Values>
concept SamplesOrGenerator =
    std::ranges::forward_range<const Values> || std::invocable<const Values&, Random&>;

namespace detail {
/// The two sides of a law for some values: what they are called and what they are.
template <class T>
struct Sides {
    std::string_view leftName;
    T left;
    std::string_view rightName;
    T right;
};

/// `f` with results of type `T`, as whoever keeps them there has them: the sum of two `short` is an
/// `int`.
template <class T, class F>
auto into(const F& f)
{
    return [&f](const auto&... arguments) -> T {
        return static_cast<T>(std::invoke(f, arguments...));
    };
}

/// Checks one case; the text of the counterexample where the sides differ.
template <class Law, class Equal, class T, std::size_t n>
std::string tryCase(const Law& law, const Equal& equal, const std::array<T, n>& values)
{
    constexpr std::array<std::string_view, 3> names{"a", "b", "c"};
    static_assert(n <= names.size());
    const auto sides = std::apply(law, values);
    if (std::invoke(equal, sides.left, sides.right)) { return {}; }
    std::string text;
    appendNamed(text, sides.leftName, sides.left);
    text += ", but ";
    appendNamed(text, sides.rightName, sides.right);
    for (std::size_t i = 0; i < n; ++i) {
        text += i == 0 ? ", for " : ", ";
        appendNamed(text, names[i], values[i]);
    }
    return text;
}

/// Small values first.
inline Random randomOfCase(const LawOptions& options, std::size_t number)
{
    return Random{options.seed + number * 0x9e3779b97f4a7c15U, std::min<std::size_t>(number, 30)};
}

/// Says so where there is nothing to take values from.
template <class Values>
consteval void checkValues()
{
    constexpr bool gives = SamplesOrGenerator<Values>;
    static_assert(gives,
        "sluice: a law takes its values from a range of samples or from a generator, such as "
        "arbitrary<int>");
}

/// Tries a law of `n` values, on all combinations of samples or on generated values.
template <std::size_t n, class Law, class Values, class Equal>
LawResult checkLaw(
    const Law& law, const Values& values, const LawOptions& options, const Equal& equal)
{
    checkValues<Values>();
    std::size_t number = 0;
    if constexpr (std::ranges::forward_range<const Values>) {
        using T = std::ranges::range_value_t<const Values>;
        const std::vector<T> samples(std::ranges::begin(values), std::ranges::end(values));
        std::array<std::size_t, n> at{};
        while (!samples.empty() && at.back() < samples.size()) {
            ++number;
            const auto chosen =
                std::apply([&](auto... i) { return std::array<T, n>{samples[i]...}; }, at);
            if (auto text = tryCase(law, equal, chosen); !text.empty()) {
                return {number, {}, std::move(text)};
            }
            // Counts up, the first digit fastest.
            for (std::size_t digit = 0; ++at[digit] == samples.size() && digit + 1 < n; ++digit) {
                at[digit] = 0;
            }
        }
        return {number, {}, {}};
    } else if constexpr (std::invocable<const Values&, Random&>) {
        using T = std::remove_cvref_t<std::invoke_result_t<const Values&, Random&>>;
        while (number < options.cases) {
            Random random = randomOfCase(options, ++number);
            std::vector<T> made;
            for (std::size_t i = 0; i < n; ++i) {
                made.push_back(std::invoke(values, random));
            }
            const auto chosen = [&]<std::size_t... i>(std::index_sequence<i...>) {
                return std::array<T, n>{made[i]...};
            }(std::make_index_sequence<n>{});
            if (auto text = tryCase(law, equal, chosen); !text.empty()) {
                return {number, options.seed, std::move(text)};
            }
        }
    }
    return {number, options.seed, {}};
}
} // namespace detail

/// Whether `f(f(a, b), c)` equals `f(a, f(b, c))`: what `reduce` and `reduceByKey` ask of a
/// function.
///
/// - **Takes**: the function; samples, or a generator such as `arbitrary<T>`; `LawOptions`; what
///   counts as equal. All combinations of samples are tried: few will do.
/// - **Gives**: a `LawResult`: true, or a counterexample with its seed.
/// - **Errors**: what `f` throws is thrown.
template <class F, class Values, class Equal = std::equal_to<>>
[[nodiscard]] LawResult isAssociative(
    const F& f, const Values& values, LawOptions options = {}, const Equal& equal = {})
{
    const auto law = [&f](const auto& a, const auto& b, const auto& c) {
        using T = std::remove_cvref_t<decltype(a)>;
        const auto of = detail::into<T>(f);
        return detail::Sides<T>{"f(f(a, b), c)", of(of(a, b), c), "f(a, f(b, c))", of(a, of(b, c))};
    };
    return detail::checkLaw<3>(law, values, options, equal);
}

/// Whether `f(a, b)` equals `f(b, a)`: what `reduceByKey` asks of a function besides, since the
/// order in which it meets values is not specified. See `isAssociative`.
template <class F, class Values, class Equal = std::equal_to<>>
[[nodiscard]] LawResult isCommutative(
    const F& f, const Values& values, LawOptions options = {}, const Equal& equal = {})
{
    const auto law = [&f](const auto& a, const auto& b) {
        using T = std::remove_cvref_t<decltype(a)>;
        const auto of = detail::into<T>(f);
        return detail::Sides<T>{"f(a, b)", of(a, b), "f(b, a)", of(b, a)};
    };
    return detail::checkLaw<2>(law, values, options, equal);
}

/// Whether `inverse(f(a, b), b)` equals `a`: what a window asks of a function that takes out again
/// what has left it. See `isAssociative`.
template <class F, class Inverse, class Values, class Equal = std::equal_to<>>
[[nodiscard]] LawResult hasInverse(const F& f, const Inverse& inverse, const Values& values,
    LawOptions options = {}, const Equal& equal = {})
{
    const auto law = [&](const auto& a, const auto& b) {
        using T = std::remove_cvref_t<decltype(a)>;
        return detail::Sides<T>{
            "inverse(f(a, b), b)", detail::into<T>(inverse)(detail::into<T>(f)(a, b), b), "a", a};
    };
    return detail::checkLaw<2>(law, values, options, equal);
}

/// Whether `h(f(a, b))` equals `g(h(a), h(b))`: so that it does not matter whether values are
/// reduced by `f` and then mapped by `h`, or mapped by `h` and then reduced by `g`. See
/// `isAssociative`.
template <class H, class F, class G, class Values, class Equal = std::equal_to<>>
[[nodiscard]] LawResult isHomomorphism(const H& h, const F& f, const G& g, const Values& values,
    LawOptions options = {}, const Equal& equal = {})
{
    const auto law = [&](const auto& a, const auto& b) {
        using T = std::remove_cvref_t<decltype(a)>;
        using U = std::remove_cvref_t<decltype(std::invoke(h, a))>;
        const auto mapped = detail::into<U>(h);
        return detail::Sides<U>{"h(f(a, b))", mapped(detail::into<T>(f)(a, b)), "g(h(a), h(b))",
            detail::into<U>(g)(mapped(a), mapped(b))};
    };
    return detail::checkLaw<2>(law, values, options, equal);
}

} // namespace sluice::inline SLUICE_ABI::testing
