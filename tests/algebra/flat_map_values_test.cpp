#include <sluice/algebra/flat_map_values.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/text.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <array>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::flatMap, sluice::flatMapValues, sluice::map,
    sluice::words;
using sluice::test::Spy;

namespace {
constexpr auto twice = [](int x) { return std::array{x, -x}; };
using Count = std::pair<std::string, int>;

// What flatMapValues takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(flatMapValues(twice)), Count>);
static_assert(Accepts<decltype(flatMapValues(words)), std::pair<int, std::string>>);
static_assert(!Accepts<decltype(flatMapValues(twice)), int>); // no key
static_assert(!Accepts<decltype(flatMapValues(twice)), std::tuple<int, int, int>>);
static_assert(!Accepts<decltype(flatMapValues(twice)), std::pair<int, std::string>>);
static_assert(!Accepts<decltype(flatMapValues([](int x) { return x; })), Count>); // no range
static_assert(!Accepts<decltype(flatMapValues(twice)), std::pair<std::unique_ptr<int>, int>>);

static_assert(
    evaluate(flatMapValues(twice), std::array{std::pair{'a', 1}})[1] == std::pair{'a', -1});

std::vector<int> countdown(int from)
{
    std::vector<int> all;
    for (int i = from; i > 0; --i) {
        all.push_back(i);
    }
    return all;
}
} // namespace

TEST_CASE(
    "flatMapValues puts each value that it makes under the same key", "[algebra][flatMapValues]")
{
    // [example]
    std::vector<std::pair<int, std::string>> lines{{1, "to be"}, {2, ""}, {3, "or"}};
    auto numbered = evaluate(flatMapValues(words), lines);
    CHECK(
        numbered == std::vector<std::pair<int, std::string_view>>{{1, "to"}, {1, "be"}, {3, "or"}});
    // [example]
}

TEST_CASE("flatMapValues answers an empty range with an empty one", "[algebra][flatMapValues]")
{
    CHECK(evaluate(flatMapValues(twice), std::vector<Count>{}).empty());
}

TEST_CASE("what a function of flatMapValues throws leaves evaluate as it was thrown",
    "[algebra][flatMapValues][errors]")
{
    auto fussy =
        flatMapValues([](int x) { return x == 13 ? throw std::domain_error{"13"} : countdown(x); });
    CHECK_THROWS_AS(evaluate(fussy, std::vector<Count>{{"a", 13}}), std::domain_error);
    auto lazy = flatMapValues([](int x) {
        return std::views::iota(0, x) | std::views::transform([](int i) {
            return i == 3 ? throw std::domain_error{"3"} : i;
        });
    });
    CHECK(evaluate(lazy, std::vector<Count>{{"a", 2}}).size() == 2);
    CHECK_THROWS_AS(evaluate(lazy, std::vector<Count>{{"a", 5}}), std::domain_error);
}

TEST_CASE(
    "flatMapValues moves the values of a container that it was given", "[algebra][flatMapValues]")
{
    Spy::reset();
    auto boxes = flatMapValues([](int x) {
        std::vector<std::unique_ptr<int>> made;
        made.push_back(std::make_unique<int>(x));
        return made;
    });
    std::vector<std::pair<Spy, int>> in{};
    in.emplace_back(Spy{1}, 7);
    Spy::reset();
    auto out = evaluate(boxes, in);
    CHECK(*out[0].second == 7);
    CHECK(Spy::copies == 1); // the key, once per element
}

TEST_CASE("views that flatMapValues makes are kept, or copied where they die with the call",
    "[algebra][flatMapValues]")
{
    const std::string text{"one another-word-of-more-than-fifteen-bytes"};
    std::vector<std::pair<int, std::string>> in{{1, text}};
    auto borrowed = evaluate(flatMapValues(words), in);
    static_assert(
        std::is_same_v<decltype(borrowed), std::vector<std::pair<int, std::string_view>>>);
    CHECK(borrowed[0].second.data() == in[0].second.data());

    auto made = map([&](int x) { return std::pair{std::to_string(x) + text, text}; });
    const auto copied = evaluate(made | flatMapValues(words), std::vector{1});
    CHECK(copied[0] == std::pair{"1" + text, std::string_view{"one"}});
    CHECK(copied[1].second == "another-word-of-more-than-fifteen-bytes");
}

TEST_CASE("flatMapValues of one value is mapValues, and its values are flatMap's",
    "[algebra][flatMapValues]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    auto small = [](int x) { return countdown(x % 4); };
    for (int round = 0; round < 50; ++round) {
        const auto keyed = evaluate(map([](int x) {
            return std::pair{x % 5, x};
        }),
            random.numbers());
        CHECK(evaluate(flatMapValues([](int x) { return std::array{x + 1}; }), keyed) ==
              evaluate(sluice::mapValues([](int x) { return x + 1; }), keyed));
        CHECK(evaluate(flatMapValues(small) | sluice::values, keyed) ==
              evaluate(sluice::values | flatMap(small), keyed));
    }
}
