#include <sluice/algebra/map_values.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::map, sluice::mapValues;
using sluice::test::Spy;

namespace {
constexpr auto twice = [](int x) { return 2 * x; };
using Count = std::pair<std::string, int>;

// What mapValues takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(mapValues(twice)), Count>);
static_assert(!Accepts<decltype(mapValues(twice)), int>); // no key
static_assert(!Accepts<decltype(mapValues(twice)), std::tuple<int, int, int>>);
static_assert(!Accepts<decltype(mapValues(twice)), std::pair<int, std::string>>);
static_assert(!Accepts<decltype(mapValues([](int) {})), Count>);               // answers nothing
static_assert(!Accepts<decltype(mapValues([](int& x) { return x; })), Count>); // would edit it

static_assert(evaluate(mapValues(twice), std::array{std::pair{'a', 1}, std::pair{'b', 2}})[1] ==
              std::pair{'b', 4});
} // namespace

TEST_CASE("mapValues replaces the values and keeps the keys", "[algebra][map_values]")
{
    // [example]
    std::vector<std::pair<std::string, int>> prices{{"tea", 2}, {"cake", 3}};
    auto doubled = evaluate(mapValues([](int price) { return 2 * price; }), prices);
    CHECK(doubled == std::vector<std::pair<std::string, int>>{{"tea", 4}, {"cake", 6}});
    // [example]
}

TEST_CASE("mapValues answers an empty range with an empty one", "[algebra][map_values]")
{
    CHECK(evaluate(mapValues(twice), std::vector<Count>{}).empty());
}

TEST_CASE("mapValues may change the type of the values", "[algebra][map_values]")
{
    auto out = evaluate(mapValues([](int x) { return std::to_string(x); }),
        std::map<std::string, int>{{"a", 1}, {"b", 22}});
    REQUIRE(out.size() == 2);
    CHECK(out[1].first == "b");
    CHECK(out[1].second == "22");
}

TEST_CASE("what a function of mapValues throws leaves evaluate as it was thrown",
    "[algebra][map_values][errors]")
{
    auto fussy = mapValues([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    CHECK_THROWS_AS(evaluate(fussy, std::vector<Count>{{"a", 13}}), std::domain_error);
}

TEST_CASE("mapValues moves the keys of pairs that the chain made", "[algebra][map_values]")
{
    auto made = map([](int x) { return std::pair{Spy{x}, Spy{x}}; });
    auto value = mapValues([](const Spy& spy) { return spy.value; });
    auto key = map([](const std::pair<Spy, int>& pair) { return pair.first.value; });
    Spy::reset();
    CHECK(evaluate(made | value | key, std::vector{1, 2}) == std::vector{1, 2});
    CHECK(Spy::copies == 0);

    std::vector<std::pair<Spy, Spy>> in{{Spy{3}, Spy{4}}};
    Spy::reset();
    CHECK(evaluate(value | key, in) == std::vector{3});
    CHECK(Spy::copies == 1); // the key of a pair that lies in the range
    CHECK(in.front().first.value == 3);
}

TEST_CASE("mapValues leaves views of the range as they are where it does not touch them",
    "[algebra][map_values]")
{
    const std::string text{"key"};
    std::vector<std::pair<std::string_view, int>> in{{text, 1}};
    auto out = evaluate(mapValues(twice), in);
    static_assert(std::is_same_v<decltype(out), std::vector<std::pair<std::string_view, int>>>);
    CHECK(out.front().first.data() == text.data());
}

TEST_CASE("two mapValues are the mapValues of the two functions", "[algebra][map_values]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        auto keyed = evaluate(map([](int x) { return std::pair{x % 5, x}; }), random.numbers());
        int a = random.number();
        auto f = [a](int x) { return x + a; };
        CHECK(evaluate(mapValues(f) | mapValues(twice), keyed) ==
              evaluate(mapValues([=](int x) { return twice(f(x)); }), keyed));
    }
}
