#include <sluice/algebra/map.hpp>

#include <sluice/algebra/evaluate.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::map;
using sluice::test::Spy;

namespace {
constexpr auto square = [](int x) { return x * x; };

struct Person {
    std::string name;
    int age;
    int next() const { return age + 1; }
};

// What map takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(map(square)), int>);
static_assert(Accepts<decltype(map(square)), short>);
static_assert(Accepts<decltype(map(&Person::name)), Person>);
static_assert(Accepts<decltype(map(&Person::next)), Person>);
static_assert(!Accepts<decltype(map(square)), std::string>);
static_assert(!Accepts<decltype(map([](int) {})), int>);                 // answers nothing
static_assert(!Accepts<decltype(map([](int& x) { return ++x; })), int>); // would edit it
static_assert(!Accepts<decltype(map([](int&& x) { return x; })), int>);  // would take it away
static_assert(!Accepts<decltype(map(&Person::age)), int>);

// References never leave: a record is a value.
template <class F, class T>
using OutputOf = typename decltype(map(std::declval<F>()))::template Output<T>;
static_assert(std::is_same_v<OutputOf<const std::string& (*)(int), int>, std::string>);
static_assert(std::is_same_v<OutputOf<int Person::*, Person>, int>);

static_assert(std::ranges::equal(evaluate(map(square), std::array{1, 2, 3}), std::array{1, 4, 9}));
} // namespace

TEST_CASE("map replaces each record by what the function makes of it", "[algebra][map]")
{
    // [example]
    std::vector<std::string> words{"stream", "of", "words"};
    auto lengths = evaluate(map([](const std::string& word) { return word.size(); }), words);
    CHECK(lengths == std::vector<std::size_t>{6, 2, 5});
    // [example]
}

TEST_CASE("map answers an empty range with an empty one", "[algebra][map]")
{
    CHECK(evaluate(map(square), std::vector<int>{}).empty());
}

TEST_CASE("map takes pointers to members", "[algebra][map]")
{
    std::vector<Person> people{{"Ada", 36}, {"Alan", 41}};
    CHECK(evaluate(map(&Person::name), people) == std::vector<std::string>{"Ada", "Alan"});
    CHECK(evaluate(map(&Person::next), people) == std::vector{37, 42});

    std::vector<std::unique_ptr<Person>> owned;
    owned.push_back(std::make_unique<Person>(people[1]));
    CHECK(evaluate(map(&Person::age), owned) == std::vector{41});
}

TEST_CASE(
    "what a function of map throws leaves evaluate as it was thrown", "[algebra][map][errors]")
{
    auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    CHECK(evaluate(fussy, std::vector{1, 2}) == std::vector{1, 2});
    CHECK_THROWS_AS(evaluate(fussy, std::vector{1, 13}), std::domain_error);
    CHECK_THROWS_AS(evaluate(map([](int x) -> int { throw x; }), std::vector{7}), int);
}

TEST_CASE(
    "a function of map with state starts from the operator's own copy each time", "[algebra][map]")
{
    auto numbered = map([i = 0](char c) mutable { return std::pair{c, i++}; });
    std::vector<std::pair<char, int>> expected{{'a', 0}, {'b', 1}};
    CHECK(evaluate(numbered, std::string{"ab"}) == expected);
    CHECK(evaluate(numbered, std::string{"ab"}) == expected);
}

TEST_CASE(
    "map shows the function what lies in the range and gives away what it made", "[algebra][map]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}};
    Spy::reset();
    auto show = map([](const Spy& spy) { return spy.value; });
    CHECK(evaluate(show, in) == std::vector{1, 2});
    CHECK(Spy::copies + Spy::moves == 0);

    auto make = map([](int x) { return Spy{x}; });
    auto pass = map([](Spy spy) { return spy.value; });
    CHECK(evaluate(make | pass, std::vector{1, 2}) == std::vector{1, 2});
    CHECK(Spy::copies == 0);
    CHECK(Spy::moves <= 2);

    // A function that takes a value gets a copy of what is not the chain's to give away.
    CHECK(evaluate(pass, in) == std::vector{1, 2});
    CHECK(in[0].value == 1);
}

TEST_CASE("a function cannot edit what another function refers to", "[algebra][map]")
{
    auto table = std::make_shared<std::vector<std::string>>(2, "untouched");
    auto look =
        map([table](int i) -> std::string& { return (*table)[static_cast<std::size_t>(i)]; });
    auto greedy = map([](auto&& text) {
        std::string taken = std::forward<decltype(text)>(text);
        return taken.size();
    });
    CHECK(evaluate(look | greedy, std::vector{0, 1}) == std::vector<std::size_t>{9, 9});
    CHECK(*table == std::vector<std::string>(2, "untouched"));

    std::vector<int> in{1, 2};
    auto curious =
        map([](auto& x) { return std::is_const_v<std::remove_reference_t<decltype(x)>>; });
    CHECK(evaluate(curious, in) == std::vector{true, true});
}

TEST_CASE("an overload for rvalues is called only if it makes the same", "[algebra][map]")
{
    struct TwoMinds {
        int operator()(const std::string&) const { return 1; }
        std::string operator()(std::string&&) const { return "2"; }
    };
    auto made = map([](int x) { return std::to_string(x); });
    CHECK(evaluate(made | map(TwoMinds{}), std::vector{7}) == std::vector{1});
}

TEST_CASE("map works on records that can only be moved", "[algebra][map]")
{
    auto box = map([](int x) { return std::make_unique<int>(x); });
    auto grow = map([](std::unique_ptr<int> p) {
        ++*p;
        return p;
    });
    static_assert(!Accepts<decltype(grow), std::unique_ptr<int>>); // it could not be shown one
    auto boxes = evaluate(box, std::vector{1, 2});
    REQUIRE(boxes.size() == 2);
    CHECK(*boxes[1] == 2);
    auto same = evaluate(map([](const std::unique_ptr<int>& p) { return *p; }), std::move(boxes));
    CHECK(same == std::vector{1, 2});
}

TEST_CASE("two maps are the map of the two functions", "[algebra][map]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 100; ++round) {
        auto in = random.numbers();
        int a = random.number();
        auto f = [a](int x) { return x + a; };
        auto g = [](int x) { return std::to_string(x); };
        CHECK(evaluate(map(f) | map(g), in) == evaluate(map([=](int x) { return g(f(x)); }), in));
    }
}
