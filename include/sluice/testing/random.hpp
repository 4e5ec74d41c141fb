#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI::testing {

/// Random values for laws and property tests, the same ones each time for the same seed.
///
/// `size` bounds them, so that a first counterexample is a small one: integers lie within
/// `[-size, size]`, texts and ranges have up to `size` elements.
class Random {
public:
    explicit Random(std::uint64_t seed, std::size_t size = 30)
        : seed_{seed}, size_{size}, engine_{seed}
    {
    }

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// A number in `[0, limit)`. Throws InvalidArgument where there is none.
    [[nodiscard]] std::size_t below(std::size_t limit)
    {
        if (limit == 0) {
            throw InvalidArgument{
                "sluice: Random::below(limit): limit 0 given, must be at least 1"};
        }
        return static_cast<std::size_t>(engine_() % limit); // the same on every standard library
    }

    /// A number in `[least, most]`. Throws InvalidArgument where there is none.
    [[nodiscard]] std::int64_t between(std::int64_t least, std::int64_t most)
    {
        if (least > most) {
            throw InvalidArgument{"sluice: Random::between(least, most): most " +
                                  std::to_string(most) + " given, must be at least " +
                                  std::to_string(least)};
        }
        const auto span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
        const std::uint64_t step = span == 0 ? engine_() : engine_() % span;
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + step);
    }

private:
    std::uint64_t seed_;
    std::size_t size_;
    std::mt19937_64 engine_;
};

/// How random values of type `T` are made: `static T make(Random&)`. Specialise it for types of
/// your own.
template <class T>
struct Arbitrary {
    static T make(Random&)
    {
        static_assert(sizeof(T) == 0,
            "sluice: arbitrary<T>: no random value of this type is known; specialise "
            "sluice::testing::Arbitrary<T>, or give samples or a generator of your own");
        std::terminate();
    }
};

template <>
struct Arbitrary<bool> {
    static bool make(Random& random) { return random.below(2) == 0; }
};

template <std::integral T>
struct Arbitrary<T> {
    static T make(Random& random)
    {
        using Limits = std::numeric_limits<T>;
        const auto size = static_cast<std::int64_t>(random.size());
        const std::int64_t least =
            Limits::is_signed ? std::max<std::int64_t>(-size, std::int64_t{Limits::lowest()}) : 0;
        const auto most = static_cast<std::int64_t>(
            std::min<std::uint64_t>(random.size(), std::uint64_t{Limits::max()}));
        return static_cast<T>(random.between(least, most));
    }
};

/// Most of the 53 bits of a `double` are in use, so that sums are rounded.
template <std::floating_point T>
struct Arbitrary<T> {
    static T make(Random& random)
    {
        const auto whole = random.between(-(std::int64_t{1} << 53U), std::int64_t{1} << 53U);
        return static_cast<T>(
            static_cast<double>(whole) * 0x1p-53 * static_cast<double>(random.size()));
    }
};

template <>
struct Arbitrary<std::string> {
    static std::string make(Random& random)
    {
        constexpr std::string_view alphabet{"aabcxyZ 0-_,\n"};
        std::string made(random.below(random.size() + 1), ' ');
        for (char& c : made) {
            c = alphabet[random.below(alphabet.size())];
        }
        return made;
    }
};

template <class T>
struct Arbitrary<std::optional<T>> {
    static std::optional<T> make(Random& random)
    {
        if (random.below(4) == 0) { return std::nullopt; }
        return Arbitrary<T>::make(random);
    }
};

template <class A, class B>
struct Arbitrary<std::pair<A, B>> {
    static std::pair<A, B> make(Random& random)
    {
        // Braces: from left to right.
        return std::pair<A, B>{Arbitrary<std::remove_const_t<A>>::make(random),
            Arbitrary<std::remove_const_t<B>>::make(random)};
    }
};

template <class... T>
struct Arbitrary<std::tuple<T...>> {
    static std::tuple<T...> make(Random& random)
    {
        return std::tuple<T...>{Arbitrary<T>::make(random)...};
    }
};

/// Containers: vectors, lists, sets, maps.
template <std::ranges::input_range T>
    requires requires(
        T& made, typename T::value_type value) { made.insert(made.end(), std::move(value)); }
struct Arbitrary<T> {
    static T make(Random& random)
    {
        T made{};
        for (std::size_t left = random.below(random.size() + 1); left > 0; --left) {
            made.insert(made.end(), Arbitrary<typename T::value_type>::make(random));
        }
        return made;
    }
};

/// `arbitrary<T>(random)`: a random value of type `T`; also a generator for a law.
template <class T>
inline constexpr auto arbitrary = [](Random& random) -> T { return Arbitrary<T>::make(random); };

} // namespace sluice::inline SLUICE_ABI::testing
