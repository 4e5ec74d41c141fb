#include <sluice/algebra/tap.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::map, sluice::tap;
using sluice::test::Spy;

namespace {
constexpr auto ignore = [](int) {};

// What tap takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(tap(ignore)), int>);
static_assert(Accepts<decltype(tap([](int x) { return x; })), int>); // its result is ignored
static_assert(!Accepts<decltype(tap(ignore)), std::string>);
static_assert(!Accepts<decltype(tap([](int& x) { ++x; })), int>); // would edit it
static_assert(!Accepts<decltype(tap([](std::unique_ptr<int>) {})), std::unique_ptr<int>>);

static_assert(evaluate(tap(ignore), std::array{1, 2})[1] == 2);
} // namespace

TEST_CASE("tap shows each record that passes to its function", "[algebra][tap]")
{
    // [example]
    std::vector<int> seen;
    auto watched = filter([](int x) { return x > 1; }) | tap([&seen](int x) { seen.push_back(x); });
    auto doubled = evaluate(watched | map([](int x) { return 2 * x; }), {1, 2, 3});
    CHECK(seen == std::vector{2, 3});
    CHECK(doubled == std::vector{4, 6});
    // [example]
}

TEST_CASE("tap answers an empty range with an empty one and calls nothing", "[algebra][tap]")
{
    int calls = 0;
    CHECK(evaluate(tap([&calls](int) { ++calls; }), std::vector<int>{}).empty());
    CHECK(calls == 0);
}

TEST_CASE(
    "what a function of tap throws leaves evaluate as it was thrown", "[algebra][tap][errors]")
{
    auto strict = tap([](int x) {
        if (x == 13) { throw std::domain_error{"13"}; }
    });
    CHECK(evaluate(strict, std::vector{1, 2}) == std::vector{1, 2});
    CHECK_THROWS_AS(evaluate(strict, std::vector{2, 13}), std::domain_error);
}

TEST_CASE("tap copies no record and passes on those that can only be moved", "[algebra][tap]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}};
    auto look = tap([](const Spy&) {});
    auto value = map([](const Spy& spy) { return spy.value; });
    Spy::reset();
    CHECK(evaluate(look | look | value, in) == std::vector{1, 2});
    CHECK(Spy::copies + Spy::moves == 0);

    auto boxed = map([](int x) { return std::make_unique<int>(x); });
    auto shy = tap(
        [](auto&& box) { static_assert(std::is_const_v<std::remove_reference_t<decltype(box)>>); });
    CHECK(*evaluate(boxed | shy, std::vector{7})[0] == 7);
}

TEST_CASE("tap keeps views of the range as they are", "[algebra][tap]")
{
    const std::string text{"text"};
    auto out = evaluate(tap([](std::string_view) {}), std::vector<std::string_view>{text});
    CHECK(out[0] == "text");
    std::vector<std::string_view> in{text};
    static_assert(std::is_same_v<decltype(evaluate(tap([](std::string_view) {}), in)),
        std::vector<std::string_view>>);
}

TEST_CASE("tap changes nothing, wherever it stands", "[algebra][tap]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    auto odd = filter([](int x) { return x % 2 != 0; });
    for (int round = 0; round < 50; ++round) {
        const auto in = random.numbers();
        std::vector<int> before;
        std::vector<int> behind;
        auto first = tap([&](int x) { before.push_back(x); });
        auto second = tap([&](int x) { behind.push_back(x); });
        const auto out = evaluate(odd, in);
        CHECK(evaluate(first | odd | second, in) == out);
        CHECK(before == in);
        CHECK(behind == out);
    }
}
