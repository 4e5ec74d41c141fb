#include <sluice/testing/laws.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using sluice::testing::Arbitrary, sluice::testing::arbitrary, sluice::testing::hasInverse;
using sluice::testing::isAssociative, sluice::testing::isCommutative;
using sluice::testing::isHomomorphism, sluice::testing::LawOptions, sluice::testing::LawResult;
using sluice::testing::Random;

namespace {
constexpr auto larger = [](int a, int b) { return std::max(a, b); };

std::string textOf(const LawResult& result)
{
    std::ostringstream text;
    text << result;
    return text.str();
}

struct Amount {
    int cents = 0;
    bool operator==(const Amount&) const = default;
};
constexpr auto added = [](Amount a, Amount b) { return Amount{a.cents + b.cents}; };
} // namespace

template <>
struct sluice::testing::Arbitrary<Amount> {
    static Amount make(Random& random) { return {Arbitrary<int>::make(random)}; }
};

TEST_CASE("laws are those of the type that results are kept in", "[testing][laws]")
{
    const std::vector<short> shorts{-30'000, -1, 0, 2, 30'000};
    CHECK(isAssociative(std::plus{}, shorts)); // as `int`, their sums would not wrap around
    CHECK(isCommutative(std::plus{}, shorts));
    CHECK(hasInverse(std::plus{}, std::minus{}, shorts));
    CHECK(isHomomorphism(
        [](short x) { return static_cast<signed char>(x); }, std::plus{}, std::plus{}, shorts));
    const auto mean = [](double a, double b) { return (a + b) / 2; };
    CHECK_FALSE(isAssociative(mean, arbitrary<float>));
    CHECK(isCommutative(mean, arbitrary<float>));
}

TEST_CASE("what is a law is found to hold", "[testing][laws]")
{
    CHECK(isAssociative(std::plus{}, arbitrary<int>));
    CHECK(isAssociative(larger, arbitrary<int>));
    CHECK(isAssociative(std::plus{}, arbitrary<std::string>));
    CHECK(isCommutative(std::multiplies{}, arbitrary<std::int64_t>));
    CHECK(isCommutative(larger, std::vector{-3, 0, 3}));
    CHECK(hasInverse(std::plus{}, std::minus{}, arbitrary<int>));
    CHECK(hasInverse(std::bit_xor{}, std::bit_xor{}, arbitrary<unsigned>));
    CHECK(isHomomorphism(std::negate{}, std::plus{}, std::plus{}, arbitrary<int>));
    const auto length = [](const std::string& s) { return s.size(); };
    CHECK(isHomomorphism(length, std::plus{}, std::plus{}, arbitrary<std::string>));
}

TEST_CASE("what is no law is refuted by a counterexample", "[testing][laws]")
{
    // [example]
    const auto average = [](double a, double b) { return (a + b) / 2; };
    const auto result = isAssociative(average, std::vector{0.0, 1.0});
    CHECK_FALSE(result);
    CHECK(result.counterexample() ==
          "f(f(a, b), c) = 0.25, but f(a, f(b, c)) = 0.5, for a = 1, b = 0, c = 0");
    // [example]
    CHECK_FALSE(isAssociative(std::minus{}, arbitrary<int>));
    CHECK_FALSE(isCommutative(std::plus{}, arbitrary<std::string>));
    CHECK_FALSE(hasInverse(larger, std::minus{}, arbitrary<int>));
    CHECK_FALSE(isHomomorphism(std::negate{}, larger, larger, arbitrary<int>));
}

TEST_CASE("all combinations of samples are tried", "[testing][laws]")
{
    std::set<std::tuple<int, int>> seen;
    const auto sum = [&](int a, int b) {
        seen.insert({a, b});
        return a + b;
    };
    const auto result = isCommutative(sum, std::vector{1, 2, 3});
    CHECK(result.cases() == 9);
    CHECK(seen.size() == 9);
    CHECK(isAssociative(sum, std::vector{1, 2, 3}).cases() == 27);
    CHECK(isAssociative(sum, std::vector<int>{}).cases() == 0);
    CHECK(isAssociative(sum, std::vector<int>{}));
}

TEST_CASE("the same seed gives the same cases, and the result says which it was", "[testing][laws]")
{
    const auto seenWith = [](LawOptions options) {
        std::vector<int> seen;
        const auto watch = [&](int a, int b) {
            seen.push_back(a);
            return a + b;
        };
        const auto result = isCommutative(watch, arbitrary<int>, options);
        CHECK(result.seed() == options.seed);
        CHECK(result.cases() == options.cases);
        return seen;
    };
    CHECK(seenWith({.seed = 1, .cases = 50}) == seenWith({.seed = 1, .cases = 50}));
    CHECK(seenWith({.seed = 1, .cases = 50}) != seenWith({.seed = 2, .cases = 50}));
    const auto refuted = isCommutative(std::minus{}, arbitrary<int>, {.seed = 7});
    CHECK(textOf(refuted).ends_with(" (case " + std::to_string(refuted.cases()) + ", seed 7)"));
    CHECK(textOf(isCommutative(std::plus{}, arbitrary<int>, {.cases = 12})) == "held in 12 cases");
}

TEST_CASE("the caller says what counts as equal", "[testing][laws]")
{
    const auto nearly = [](double a, double b) { return std::abs(a - b) < 1e-9; };
    const auto rounded = isAssociative(std::plus{}, std::vector{0.1, 0.2, 0.3});
    CHECK(rounded.counterexample().starts_with(
        "f(f(a, b), c) = 0.6, but f(a, f(b, c)) = 0.6000000000000001, for a = 0.3, b = 0.2"));
    CHECK_FALSE(isAssociative(std::plus{}, arbitrary<double>));
    CHECK(isAssociative(std::plus{}, arbitrary<double>, {}, nearly));
    CHECK_FALSE(isAssociative(std::minus{}, arbitrary<double>, {}, nearly));
}

TEST_CASE("types of a user's own have laws too, printed or not", "[testing][laws]")
{
    CHECK(isAssociative(added, arbitrary<Amount>));
    const auto small = [](Random& random) { return Amount{static_cast<int>(random.below(3))}; };
    CHECK(isCommutative(added, small));
    const auto first = [](Amount a, Amount) { return a; };
    const auto result = isCommutative(first, std::vector{Amount{1}, Amount{2}});
    CHECK(result.counterexample() ==
          "f(a, b) = (no text form), but f(b, a) = (no text form), for a = (no text form), b = (no "
          "text form)");
}

TEST_CASE("what a function throws leaves the check", "[testing][laws][errors]")
{
    const auto broken = [](int, int) -> int { throw std::domain_error{"no"}; };
    CHECK_THROWS_AS(isCommutative(broken, arbitrary<int>), std::domain_error);
}

TEST_CASE("random values stay within their size, and reach its bounds", "[testing][random]")
{
    Random random{1, 3};
    std::set<int> ints;
    std::set<std::uint8_t> bytes;
    std::set<std::size_t> lengths;
    std::set<bool> bools;
    std::set<bool> optionals;
    for (int i = 0; i < 300; ++i) {
        ints.insert(arbitrary<int>(random));
        bytes.insert(arbitrary<std::uint8_t>(random));
        lengths.insert(arbitrary<std::vector<std::string>>(random).size());
        bools.insert(arbitrary<bool>(random));
        optionals.insert(arbitrary<std::optional<int>>(random).has_value());
        CHECK(std::abs(arbitrary<double>(random)) <= 3);
        CHECK(arbitrary<std::map<int, std::pair<long, std::string>>>(random).size() <= 3);
    }
    CHECK(ints == std::set<int>{-3, -2, -1, 0, 1, 2, 3});
    CHECK(bytes == std::set<std::uint8_t>{0, 1, 2, 3});
    CHECK(lengths == std::set<std::size_t>{0, 1, 2, 3});
    CHECK(bools.size() == 2);
    CHECK(optionals.size() == 2);
    Random large{1, std::size_t{1} << 40U};
    for (int i = 0; i < 100; ++i) {
        (void)arbitrary<std::int8_t>(large); // all of its range, and no overflow
        (void)arbitrary<std::uint64_t>(large);
    }
    CHECK(random.between(-5, -5) == -5);
}

TEST_CASE("there is no number below 0", "[testing][random][errors]")
{
    Random random{1};
    CHECK(random.below(1) == 0);
    CHECK_THROWS_WITH(
        random.below(0), "sluice: Random::below(limit): limit 0 given, must be at least 1");
    CHECK_THROWS_WITH(random.between(2, 1),
        "sluice: Random::between(least, most): most 1 given, must be at least 2");
}
