#include <sluice/algebra/evaluate.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/spy.hpp"

#include <array>
#include <deque>
#include <list>
#include <memory>
#include <new>
#include <range/v3/view/zip.hpp>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::evaluate, sluice::filter, sluice::map;
using sluice::test::Spy;

namespace {
constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto all = filter([](const auto&) { return true; });
} // namespace

TEST_CASE("evaluate takes any input range", "[algebra][evaluate]")
{
    const std::vector expected{2, 4};
    CHECK(evaluate(map(twice), {1, 2}) == expected);
    CHECK(evaluate(map(twice), std::array{1, 2}) == expected);
    CHECK(evaluate(map(twice), std::list{1, 2}) == expected);
    CHECK(evaluate(map(twice), std::set{2, 1}) == expected);
    CHECK(evaluate(map(twice), std::views::iota(1, 3)) == expected);
    const int numbers[]{1, 2};
    CHECK(evaluate(map(twice), numbers) == expected);
    CHECK(evaluate(map(twice), std::span{numbers}) == expected);
    auto odd = std::vector{1, 2, 3} | std::views::filter([](int x) { return x % 2 != 0; });
    CHECK(evaluate(map(twice), odd) == std::vector{2, 6});
    std::istringstream text{"1 2"};
    CHECK(evaluate(map(twice), std::views::istream<int>(text)) == expected);
}

TEST_CASE("evaluate makes values of proxies", "[algebra][evaluate]")
{
    std::vector bits{true, false};
    CHECK(evaluate(all, bits) == bits);
    auto isBool = map([](auto x) { return std::is_same_v<decltype(x), bool>; });
    CHECK(evaluate(isBool, bits) == std::vector{true, true});

    std::vector<std::string> names{"a", "b"};
    std::vector<int> numbers{1, 2};
    auto zipped = evaluate(all, ranges::views::zip(names, numbers));
    CHECK(zipped == std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}});
}

TEST_CASE("evaluate reads an lvalue and leaves it as it was", "[algebra][evaluate]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}};
    Spy::reset();
    auto out = evaluate(all, in);
    CHECK(Spy::copies >= 2);
    CHECK(in[0].value == 1);
    CHECK(out[1].value == 2);
}

TEST_CASE("evaluate moves out of an rvalue", "[algebra][evaluate]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}};
    std::array<Spy, 2> two{Spy{3}, Spy{4}};
    Spy::reset();
    CHECK(evaluate(all, std::move(in))[1].value == 2);
    CHECK(evaluate(all, std::move(two))[1].value == 4);
    CHECK(Spy::copies == 0);

    std::list<std::unique_ptr<int>> boxes;
    boxes.push_back(std::make_unique<int>(5));
    CHECK(*evaluate(all, std::move(boxes)).front() == 5);
}

TEST_CASE(
    "evaluate moves nothing out of what a view or a stranger's range shows", "[algebra][evaluate]")
{
    std::vector<Spy> in{Spy{1}, Spy{2}};
    struct Slice {
        std::vector<Spy>* shown;
        auto begin() const { return shown->begin(); }
        auto end() const { return shown->end(); }
    };
    Spy::reset();
    CHECK(evaluate(all, std::span{in})[1].value == 2);
    CHECK(evaluate(all, in | std::views::take(1)).size() == 1);
    CHECK(evaluate(all, Slice{&in})[0].value == 1);
    CHECK(in[0].value == 1);
    CHECK(in[1].value == 2);
}

TEST_CASE("views of temporaries come out with the memory they need", "[algebra][evaluate]")
{
    auto named = map([](int x) -> std::string_view {
        static std::string buffer;
        buffer = "number " + std::to_string(x) + " in one and the same buffer";
        return buffer;
    });
    auto out = evaluate(named, {1, 2});
    static_assert(std::is_same_v<decltype(out), sluice::Evaluated<std::string_view>>);
    CHECK(out.size() == 2);
    CHECK(!out.empty());
    CHECK(out == std::vector<std::string_view>{
                     "number 1 in one and the same buffer", "number 2 in one and the same buffer"});
    CHECK(out.front() == out[0]);
    CHECK(out.back() == *(out.end() - 1));

    auto moved = std::move(out);
    CHECK(moved[1] == "number 2 in one and the same buffer");

    // What is evaluated is a range again, and its views are good as long as it is there.
    auto shortened = map([](std::string_view text) { return text.substr(0, 8); });
    CHECK(evaluate(shortened, moved) == std::vector<std::string_view>{"number 1", "number 2"});
    auto again = evaluate(all, evaluate(named, {3}));
    CHECK(again[0] == "number 3 in one and the same buffer");
}

TEST_CASE("an exception in the middle of a chain leaves evaluate as it was thrown",
    "[algebra][evaluate][errors]")
{
    auto fussy = map(twice) | filter([](int x) -> bool {
        if (x == 26) { throw std::domain_error{"26"}; }
        return true;
    }) | map(twice);
    CHECK(evaluate(fussy, {1}) == std::vector{4});
    CHECK_THROWS_WITH(evaluate(fussy, {1, 13}), "26");
}

TEST_CASE("the number of allocations does not grow with the records", "[algebra][evaluate]")
{
    // That the counter counts; a new-expression could be optimised away, a call of the operator
    // cannot.
    const auto one = sluice::test::allocationsOf([] { ::operator delete(::operator new(1)); });
    CHECK(one == (sluice::test::countsAllocations ? 1 : 0));

    auto chain = map(twice) | filter([](int x) { return x % 3 != 0; }) | map(twice);
    struct Sum {
        long sum = 0;
        void operator()(int x) { sum += x; }
        long finish() const { return sum; }
    };
    std::vector<int> few(10, 1);
    std::vector<int> many(100'000, 1);
    for (const auto* in : {&few, &many}) {
        long sum = 0;
        auto allocated = sluice::test::allocationsOf(
            [&] { sum = sluice::detail::runFused(chain, Sum{}, std::span{*in}); });
        CHECK(allocated == 0);
        CHECK(sum == 4 * static_cast<long>(in->size()));
    }
}
