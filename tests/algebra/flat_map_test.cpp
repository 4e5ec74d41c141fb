#include <sluice/algebra/flat_map.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::flatMap, sluice::map;
using sluice::test::Spy;

namespace {
constexpr auto withSuccessor = [](int x) { return std::array{x, x + 1}; };

struct Order {
    std::vector<std::string> items;
    std::vector<std::string> doubled() const { return {items.front(), items.front()}; }
};

// What flatMap takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(flatMap(withSuccessor)), int>);
static_assert(Accepts<decltype(flatMap(&Order::items)), Order>);
static_assert(Accepts<decltype(flatMap(&Order::doubled)), Order>);
static_assert(!Accepts<decltype(flatMap(withSuccessor)), std::string>);
static_assert(!Accepts<decltype(flatMap([](int x) { return x; })), int>); // no range
static_assert(!Accepts<decltype(flatMap([](int) {})), int>);              // answers nothing
static_assert(!Accepts<decltype(flatMap([](std::string& s) { return s; })), std::string>);

static_assert(
    std::ranges::equal(evaluate(flatMap(withSuccessor), std::array{1, 5}), std::array{1, 2, 5, 6}));
} // namespace

TEST_CASE("flatMap replaces each record by the elements of a range", "[algebra][flat_map]")
{
    // [example]
    std::vector<Order> orders{{{"tea", "milk"}}, {{"cake"}}};
    auto items = evaluate(flatMap([](const Order& order) { return order.items; }), orders);
    CHECK(items == std::vector<std::string>{"tea", "milk", "cake"});
    // [example]
}

TEST_CASE("flatMap answers an empty range, or only empty ranges, with an empty one",
    "[algebra][flat_map]")
{
    CHECK(evaluate(flatMap(withSuccessor), std::vector<int>{}).empty());
    auto nothing = flatMap([](int) { return std::vector<int>{}; });
    CHECK(evaluate(nothing, std::vector{1, 2, 3}).empty());
    auto none = flatMap([](int) { return std::array<int, 0>{}; });
    CHECK(evaluate(none, std::vector{1, 2, 3}).empty());
}

TEST_CASE("flatMap takes pointers to members", "[algebra][flat_map]")
{
    std::vector<Order> orders{{{"tea", "milk"}}, {{"cake"}}};
    CHECK(evaluate(flatMap(&Order::items), orders).size() == 3);
    CHECK(evaluate(flatMap(&Order::doubled), orders)[3] == "cake");
    CHECK(orders[0].items[0] == "tea");
}

TEST_CASE("what a function of flatMap throws leaves evaluate as it was thrown",
    "[algebra][flat_map][errors]")
{
    auto fussy =
        flatMap([](int x) { return x == 13 ? throw std::domain_error{"13"} : std::vector{x}; });
    CHECK_THROWS_AS(evaluate(fussy, std::vector{1, 13}), std::domain_error);
}

TEST_CASE("a function of flatMap with state starts from the operator's own copy each time",
    "[algebra][flat_map]")
{
    auto growing = flatMap([n = 0U](char c) mutable { return std::string(++n, c); });
    CHECK(evaluate(growing, std::string{"abc"}) == std::vector{'a', 'b', 'b', 'c', 'c', 'c'});
    CHECK(evaluate(growing, std::string{"ab"}) == std::vector{'a', 'b', 'b'});
}

TEST_CASE("flatMap moves elements out of a container that it was given", "[algebra][flat_map]")
{
    auto spies = flatMap([](int x) {
        std::vector<Spy> made;
        made.reserve(2);
        made.emplace_back(x);
        made.emplace_back(x);
        return made;
    });
    Spy::reset();
    CHECK(evaluate(spies, std::vector{1, 2}).size() == 4);
    CHECK(Spy::copies == 0);

    auto pairOfSpies = flatMap([](int x) { return std::array{Spy{x}, Spy{x}}; });
    CHECK(evaluate(pairOfSpies, std::vector{1, 2}).size() == 4);
    CHECK(Spy::copies == 0);

    auto boxes = flatMap([](int x) {
        std::vector<std::unique_ptr<int>> made;
        made.push_back(std::make_unique<int>(x));
        return made;
    });
    CHECK(*evaluate(boxes, std::vector{7}).front() == 7);
}

TEST_CASE("flatMap leaves elements of a range that it was only shown where they are",
    "[algebra][flat_map]")
{
    auto table = std::make_shared<std::vector<Spy>>(3, Spy{1});
    auto whole = flatMap([table](int) -> std::vector<Spy>& { return *table; });
    auto value = map([](Spy spy) { return spy.value; });
    CHECK(evaluate(whole | value, std::vector{1, 2}) == std::vector<int>(6, 1));
    CHECK(table->back().value == 1);

    // Neither a view nor an owner by its own words: what it shows may be anybody's.
    struct Slice {
        std::vector<Spy>* shown;
        auto begin() const { return shown->begin(); }
        auto end() const { return shown->end(); }
    };
    auto slice = flatMap([table](int) { return Slice{table.get()}; });
    CHECK(evaluate(slice | value, std::vector{1, 2}) == std::vector<int>(6, 1));
    CHECK(table->back().value == 1);
}

TEST_CASE("flatMap is associative", "[algebra][flat_map]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        auto in = random.numbers();
        auto f = [](int x) { return std::vector<int>(static_cast<std::size_t>(x & 3), x); };
        auto g = [](int x) { return std::array{x, -x}; };
        auto nested = flatMap([=](int x) { return evaluate(flatMap(g), f(x)); });
        CHECK(evaluate(flatMap(f) | flatMap(g), in) == evaluate(nested, in));
    }
}

TEST_CASE("flatMap to a single element is map", "[algebra][flat_map]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        auto in = random.numbers();
        auto f = [](int x) { return x * 7; };
        auto single = flatMap([=](int x) { return std::array{f(x)}; });
        CHECK(evaluate(single, in) == evaluate(map(f), in));
    }
}
