#include <sluice/algebra/transducer.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::flatMap, sluice::map,
    sluice::mapValues, sluice::NarrowOperator, sluice::Operator;

namespace {
constexpr auto addOne = map([](int x) { return x + 1; });
constexpr auto even = filter([](int x) { return x % 2 == 0; });
constexpr auto both = flatMap([](int x) { return std::array{x, -x}; });
constexpr auto text = map([](int x) { return std::to_string(x); });

constexpr auto pipeline = addOne | even | both;
using Chain = std::remove_const_t<decltype(pipeline)>;

static_assert(Operator<Chain> && NarrowOperator<Chain>);
static_assert(!Operator<int> && !Operator<std::vector<int>>);
static_assert(Accepts<Chain, int> && !Accepts<Chain, std::string>);
static_assert(!Accepts<decltype(text | even), int>); // each alone, but not one after the other
static_assert(std::is_same_v<decltype(addOne | text)::Output<int>, std::string>);
static_assert((addOne | even).shrinks && !Chain::shrinks);
static_assert(
    std::is_same_v<decltype(sluice::Identity{} | even), std::remove_const_t<decltype(even)>>);

static_assert(
    std::ranges::equal(evaluate(pipeline, std::array{1, 2, 3}), std::array{2, -2, 4, -4}));
} // namespace

TEST_CASE("a pipeline is a value that can be used again", "[algebra][pipeline]")
{
    // [example]
    auto odd = sluice::filter([](int x) { return x % 2 != 0; });
    auto squares = odd | sluice::map([](int x) { return x * x; });
    CHECK(sluice::evaluate(squares, {1, 2, 3}) == std::vector{1, 9});
    CHECK(sluice::evaluate(squares | odd, {5}) == std::vector{25});
    // [example]
}

TEST_CASE("pipelines compose in any grouping", "[algebra][pipeline]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        auto in = random.numbers();
        auto expected = evaluate(((addOne | even) | both) | text, in);
        CHECK(evaluate(addOne | (even | (both | text)), in) == expected);
        CHECK(evaluate((addOne | even) | (both | text), in) == expected);
    }
}

TEST_CASE("a fused chain equals the same chain cut at each point", "[algebra][pipeline]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    auto keyed = map([](int x) { return std::pair{x % 3, x}; });
    auto doubled = mapValues([](int x) { return 2L * x; });
    for (int round = 0; round < 50; ++round) {
        auto in = random.numbers();
        auto expected = evaluate(addOne | even | both | keyed | doubled, in);
        CHECK(evaluate(even | both | keyed | doubled, evaluate(addOne, in)) == expected);
        CHECK(evaluate(both | keyed | doubled, evaluate(addOne | even, in)) == expected);
        CHECK(evaluate(keyed | doubled, evaluate(addOne | even | both, in)) == expected);
        CHECK(evaluate(doubled, evaluate(addOne | even | both | keyed, in)) == expected);
    }
}

TEST_CASE(
    "a chain over two parts of a range gives what it gives over the whole", "[algebra][pipeline]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        auto in = random.numbers();
        auto cut = in.begin() + static_cast<std::ptrdiff_t>(random.below(in.size() + 1));
        auto out = evaluate(pipeline, std::vector<int>(in.begin(), cut));
        auto rest = evaluate(pipeline, std::vector<int>(cut, in.end()));
        out.insert(out.end(), rest.begin(), rest.end());
        CHECK(out == evaluate(pipeline, in));
    }
}

TEST_CASE("a long chain runs", "[algebra][pipeline]")
{
    auto ten =
        addOne | addOne | addOne | addOne | addOne | addOne | addOne | addOne | addOne | addOne;
    CHECK(evaluate(ten | ten | even, {0, 1}) == std::vector{20});
}
