#include <sluice/algebra/key_by.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/pairs.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::keyBy, sluice::map;
using sluice::test::Spy;

namespace {
constexpr auto lastDigit = [](int x) { return x % 10; };

struct Trade {
    std::string symbol;
    int price = 0;
    bool operator==(const Trade&) const = default;
};

// What keyBy takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(keyBy(lastDigit)), int>);
static_assert(Accepts<decltype(keyBy(&Trade::symbol)), Trade>);
static_assert(!Accepts<decltype(keyBy(lastDigit)), std::string>);
static_assert(!Accepts<decltype(keyBy([](int) {})), int>);                 // answers nothing
static_assert(!Accepts<decltype(keyBy([](int& x) { return ++x; })), int>); // would edit it
static_assert(!Accepts<decltype(keyBy([](const std::unique_ptr<int>& p) { return *p; })),
              std::unique_ptr<int>>); // would copy it

static_assert(evaluate(keyBy(lastDigit), std::array{12, 25})[1] == std::pair{5, 25});
} // namespace

TEST_CASE("keyBy puts a key before each record", "[algebra][keyBy]")
{
    // [example]
    std::vector<Trade> trades{{"ACME", 12}, {"INIT", 7}};
    auto bySymbol = evaluate(keyBy(&Trade::symbol), trades);
    CHECK(bySymbol[1] == std::pair{std::string{"INIT"}, Trade{"INIT", 7}});
    // [example]
    CHECK(trades[1].symbol == "INIT");
}

TEST_CASE("keyBy answers an empty range with an empty one", "[algebra][keyBy]")
{
    CHECK(evaluate(keyBy(lastDigit), std::vector<int>{}).empty());
}

TEST_CASE(
    "what a function of keyBy throws leaves evaluate as it was thrown", "[algebra][keyBy][errors]")
{
    auto fussy = keyBy([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    CHECK_THROWS_AS(evaluate(fussy, std::vector{1, 13}), std::domain_error);
}

TEST_CASE(
    "keyBy copies a record of the range once and moves one that the chain made", "[algebra][keyBy]")
{
    auto number = keyBy([](const Spy& spy) { return spy.value; });
    auto key = map(sluice::keys);
    std::vector<Spy> in{Spy{1}, Spy{2}};
    Spy::reset();
    CHECK(evaluate(number | key, in) == std::vector{1, 2});
    CHECK(Spy::copies == 2);
    Spy::reset();
    CHECK(evaluate(map([](int x) { return Spy{x}; }) | number | key, std::vector{1, 2}) ==
          std::vector{1, 2});
    CHECK(Spy::copies == 0);
}

TEST_CASE("a key that is a part of its record is taken before the record moves", "[algebra][keyBy]")
{
    auto made = map([](int x) {
        return Trade{"a symbol of more than fifteen bytes, the " + std::to_string(x) + "th", x};
    });
    auto out = evaluate(made | keyBy(&Trade::symbol), std::vector{1, 2});
    CHECK(out[1].first == "a symbol of more than fifteen bytes, the 2th");
    CHECK(out[1].first == out[1].second.symbol);
}

TEST_CASE("a key may be a view of a record that the chain made, short or long", "[algebra][keyBy]")
{
    auto text = map([](int x) { return std::string(static_cast<std::size_t>(x), 'x') + "-end"; });
    auto all = [](const std::string& s) { return std::string_view{s}; };
    for (const auto& out : {evaluate(text | keyBy(all), std::vector{1, 50}),
             evaluate(text | keyBy(sluice::borrows(all)), std::vector{1, 50})}) {
        REQUIRE(out.size() == 2);
        CHECK(out[0].first == "x-end");
        CHECK(out[1].first == std::string(50, 'x') + "-end");
        CHECK(out[1].second == out[1].first);
    }
}

TEST_CASE(
    "keyBy leaves views of the range as they are where its key borrows or owns", "[algebra][keyBy]")
{
    const std::string text{"a text"};
    std::vector<std::string_view> in{text};
    auto bySize = evaluate(keyBy([](std::string_view s) { return s.size(); }), in);
    static_assert(
        std::is_same_v<decltype(bySize), std::vector<std::pair<std::size_t, std::string_view>>>);
    CHECK(bySize.front().second.data() == text.data());
    auto byStart =
        evaluate(keyBy(sluice::borrows([](std::string_view s) { return s.substr(0, 1); })), in);
    static_assert(std::is_same_v<decltype(byStart),
        std::vector<std::pair<std::string_view, std::string_view>>>);
    CHECK(byStart.front().first.data() == text.data());
}

TEST_CASE(
    "keyBy followed by values changes nothing, followed by keys it is map", "[algebra][keyBy]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        const auto in = random.numbers();
        CHECK(evaluate(keyBy(lastDigit) | sluice::values, in) == in);
        CHECK(evaluate(keyBy(lastDigit) | sluice::keys, in) == evaluate(map(lastDigit), in));
    }
}
