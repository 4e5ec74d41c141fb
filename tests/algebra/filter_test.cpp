#include <sluice/algebra/filter.hpp>

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
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::map;
using sluice::test::Spy;

namespace {
constexpr auto isOdd = [](int x) { return x % 2 != 0; };

// What filter takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(filter(isOdd)), int>);
static_assert(Accepts<decltype(filter(&std::pair<int, bool>::second)), std::pair<int, bool>>);
static_assert(Accepts<decltype(filter(&std::string::empty)), std::string>);
static_assert(!Accepts<decltype(filter(isOdd)), std::string>);
static_assert(!Accepts<decltype(filter([](int) {})), int>);                     // answers nothing
static_assert(!Accepts<decltype(filter([](int& x) { return ++x > 0; })), int>); // would edit it
static_assert(!Accepts<decltype(filter([](std::unique_ptr<int>) { return true; })),
              std::unique_ptr<int>>); // would take it away

// A finite range needs no runtime, so the meaning is checked in the compiler too.
static_assert(
    std::ranges::equal(evaluate(filter(isOdd), std::array{1, 2, 3, 4, 5}), std::array{1, 3, 5}));
} // namespace

TEST_CASE("filter keeps the matching records in their order", "[algebra][filter]")
{
    // [example]
    std::vector<int> ages{12, 40, 17, 65};
    auto adults = evaluate(filter([](int age) { return age >= 18; }), ages);
    CHECK(adults == std::vector{40, 65});
    // [example]
}

TEST_CASE("filter answers an empty range with an empty one", "[algebra][filter]")
{
    CHECK(evaluate(filter(isOdd), std::vector<int>{}).empty());
}

TEST_CASE("what a predicate throws leaves evaluate as it was thrown", "[algebra][filter][errors]")
{
    auto fussy = filter([](int x) { return x == 13 ? throw std::domain_error{"13"} : true; });
    CHECK(evaluate(fussy, std::vector{1, 2}) == std::vector{1, 2});
    CHECK_THROWS_AS(evaluate(fussy, std::vector{2, 13}), std::domain_error);
}

TEST_CASE("filter moves move-only records out of a range that is given up", "[algebra][filter]")
{
    std::vector<std::unique_ptr<int>> in;
    in.push_back(std::make_unique<int>(7));
    in.push_back(nullptr);
    auto out = evaluate(filter([](const auto& p) { return p != nullptr; }), std::move(in));
    CHECK(out.size() == 1);
    CHECK(*out.front() == 7);
}

TEST_CASE("a predicate sees a const record, also one that the chain made", "[algebra][filter]")
{
    auto shy = filter([](auto&& text) {
        std::string mine = std::forward<decltype(text)>(text); // a copy, for it is const
        return !mine.empty();
    });
    auto out = evaluate(map([](int x) { return std::to_string(x); }) | shy, std::vector{1, 22});
    CHECK(out == std::vector<std::string>{"1", "22"});
}

TEST_CASE(
    "filter copies no record that it drops and moves what the chain made", "[algebra][filter]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}, Spy{3}};
    auto odd = filter([](const Spy& spy) { return isOdd(spy.value); });
    auto value = map([](const Spy& spy) { return spy.value; });
    Spy::reset();
    CHECK(evaluate(odd | odd | value, in) == std::vector{1, 3});
    CHECK(Spy::copies + Spy::moves == 0);

    CHECK(
        evaluate(map([](int x) { return Spy{x}; }) | odd | odd, std::vector{1, 2, 3}).size() == 2);
    CHECK(Spy::copies == 0);
}

TEST_CASE(
    "a predicate with state starts from the operator's own copy each time", "[algebra][filter]")
{
    auto everySecond = filter([i = 0](int) mutable { return i++ % 2 == 0; });
    CHECK(evaluate(everySecond, std::vector{5, 6, 7}) == std::vector{5, 7});
    CHECK(evaluate(everySecond, std::vector{5, 6, 7}) == std::vector{5, 7});
}

TEST_CASE("filters commute, and two are one with both conditions", "[algebra][filter]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 100; ++round) {
        auto in = random.numbers();
        int limit = random.number();
        auto p = [limit](int x) { return x < limit; };
        auto both = evaluate(filter([=](int x) { return p(x) && isOdd(x); }), in);
        CHECK(evaluate(filter(p) | filter(isOdd), in) == both);
        CHECK(evaluate(filter(isOdd) | filter(p), in) == both);
    }
}

TEST_CASE("a filter before a map is the filter of the mapped after it", "[algebra][filter]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 100; ++round) {
        auto in = random.numbers();
        auto f = [](int x) { return x * 3; };
        auto before = evaluate(filter([&](int x) { return isOdd(f(x)); }) | map(f), in);
        CHECK(evaluate(map(f) | filter(isOdd), in) == before);
    }
}
