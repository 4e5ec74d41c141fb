#include <sluice/algebra/flat_map.hpp>

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"

#include <deque>
#include <list>
#include <map>
#include <optional>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/split.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// Every kind of range that a function may answer flatMap with.

using sluice::evaluate, sluice::flatMap;

namespace {
/// What flatMap makes of the range that `function` makes of 3.
auto ofThree(auto function)
{
    return evaluate(flatMap(function), std::vector{3});
}

/// A range of one pass that makes its values: 1 to `last`.
class Countdown {
public:
    class Iterator {
    public:
        using value_type = int;
        using difference_type = std::ptrdiff_t;
        explicit Iterator(int left) : left_{left} {}
        Iterator(Iterator&&) = default;
        Iterator& operator=(Iterator&&) = default;
        int operator*() const { return left_; }
        Iterator& operator++()
        {
            --left_;
            return *this;
        }
        void operator++(int) { --left_; }
        friend bool operator==(const Iterator& i, std::default_sentinel_t) { return i.left_ == 0; }

    private:
        int left_;
    };

    explicit Countdown(int first) : first_{first} {}
    Countdown(Countdown&&) = default;
    Countdown& operator=(Countdown&&) = default;
    Iterator begin() { return Iterator{first_}; }
    static std::default_sentinel_t end() { return {}; }

private:
    int first_;
};
static_assert(std::ranges::input_range<Countdown> && !std::ranges::forward_range<Countdown>);
} // namespace

TEST_CASE("flatMap takes containers", "[algebra][flat_map]")
{
    const std::vector expected{3, 4};
    CHECK(ofThree([](int x) { return std::vector{x, x + 1}; }) == expected);
    CHECK(ofThree([](int x) { return std::list{x, x + 1}; }) == expected);
    CHECK(ofThree([](int x) { return std::deque{x, x + 1}; }) == expected);
    CHECK(ofThree([](int x) { return std::set{x + 1, x}; }) == expected);
    CHECK(ofThree([](int x) { return std::array{x, x + 1}; }) == expected);
    CHECK(ofThree([](int x) -> const std::vector<int> { return {x, x + 1}; }) == expected);
    CHECK(ofThree([](int x) { return std::array{x, x, x, x, x, x}; }).size() == 6);
    CHECK(ofThree([](int x) { return std::string(static_cast<std::size_t>(x), '!'); }) ==
          std::vector{'!', '!', '!'});
}

TEST_CASE("flatMap takes the pairs of a map", "[algebra][flat_map]")
{
    auto out = ofThree([](int x) { return std::map<int, std::string>{{x, "x"}}; });
    REQUIRE(out.size() == 1);
    CHECK(out.front().second == "x");
}

TEST_CASE("flatMap takes a container by reference", "[algebra][flat_map]")
{
    static const std::vector table{3, 4};
    CHECK(ofThree([](int) -> const std::vector<int>& { return table; }) == table);
    CHECK(ofThree([own = table](int) mutable -> std::vector<int>& { return own; }) == table);
    CHECK(ofThree([](int) { return std::span{table}; }) == table);
}

TEST_CASE("flatMap takes vector<bool>, whose elements are proxies", "[algebra][flat_map]")
{
    auto out = ofThree([](int) { return std::vector{true, false}; });
    static_assert(std::is_same_v<decltype(out), std::vector<bool>>);
    CHECK(out == std::vector{true, false});

    auto chain = flatMap([](int) {
        return std::vector{true, false};
    }) | sluice::map([](auto x) { return std::is_same_v<decltype(x), bool>; });
    CHECK(evaluate(chain, std::vector{1}) == std::vector{true, true});
}

TEST_CASE("flatMap takes views of the standard library", "[algebra][flat_map]")
{
    namespace views = std::views;
    const std::vector expected{0, 2};
    auto even = [](int x) { return x % 2 == 0; };
    CHECK(ofThree([=](int x) { return views::iota(0, x) | views::filter(even); }) == expected);
    CHECK(ofThree([=](int x) {
        return std::vector{0, 1, x - 1} | views::filter(even); // owns the vector
    }) == expected);
    CHECK(ofThree([n = 2](int x) {
        return views::iota(0, x - 1) | views::transform([n](int i) { return n * i; });
    }) == expected);
    CHECK(ofThree([](int) { return views::empty<int>; }).empty());
    CHECK(ofThree([](int x) { return views::single(x); }) == std::vector{3});
}

TEST_CASE("flatMap takes views of range-v3", "[algebra][flat_map]")
{
    namespace views = ranges::views;
    const std::vector expected{0, 2};
    auto even = [](int x) { return x % 2 == 0; };
    CHECK(ofThree([=](int x) { return views::iota(0, x) | views::filter(even); }) == expected);
    CHECK(ofThree([n = 2](int x) {
        return views::iota(0, x - 1) | views::transform([n](int i) { return n * i; });
    }) == expected);
}

TEST_CASE("flatMap makes values of the proxies of a zip", "[algebra][flat_map]")
{
    static const std::vector<std::string> names{"a", "b"};
    static const std::vector<int> numbers{1, 2};
    auto zip = flatMap([](int) { return ranges::views::zip(names, numbers); });
    auto out = evaluate(zip, std::vector{0});
    static_assert(std::is_same_v<decltype(out)::value_type, std::pair<std::string, int>>);
    CHECK(out == std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}});
}

TEST_CASE("flatMap takes ranges of a single pass", "[algebra][flat_map]")
{
    CHECK(ofThree([](int x) { return Countdown{x}; }) == std::vector{3, 2, 1});

    std::istringstream text{"4 5"};
    CHECK(ofThree([&](int) { return std::views::istream<int>(text); }) == std::vector{4, 5});
}

TEST_CASE("flatMap takes ranges of ranges", "[algebra][flat_map]")
{
    auto out = ofThree([](int x) { return std::vector{std::vector{x}, std::vector{x, x}}; });
    CHECK(out == std::vector<std::vector<int>>{{3}, {3, 3}});
}

TEST_CASE("what a lazy range throws while it is iterated leaves evaluate as it was thrown",
    "[algebra][flat_map][errors]")
{
    auto late = [](int x) {
        return std::views::iota(0, x) | std::views::transform([](int i) {
            return i == 2 ? throw std::domain_error{"2"} : i;
        });
    };
    CHECK_THROWS_AS(ofThree(late), std::domain_error);
}

TEST_CASE(
    "views that a borrowing function answers with are kept as they are", "[algebra][flat_map]")
{
    const std::vector<std::string> lines{"one line that is longer than a short string", "two"};
    auto halves = flatMap(sluice::borrows([](const std::string& line) {
        std::string_view all{line};
        return std::vector{all.substr(0, 2), all.substr(2)};
    }));
    auto out = evaluate(halves, lines);
    static_assert(std::is_same_v<decltype(out), std::vector<std::string_view>>);
    CHECK(out[1].data() == lines[0].data() + 2);
}
