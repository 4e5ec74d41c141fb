#include <sluice/algebra/borrow.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/pairs.hpp>

#include "support/catch.hpp"

#include <array>
#include <ranges>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::borrows, sluice::Borrows, sluice::evaluate, sluice::Evaluated, sluice::flatMap,
    sluice::map, sluice::mapValues;
using sluice::detail::Lifetime;
using View = std::string_view;

namespace {
struct Person {
    std::string name;
    int age;
};

constexpr auto firstTwo = borrows([](View text) { return text.substr(0, 2); });
constexpr auto whole = borrows([](const std::string& text) { return View{text}; });

static_assert(Borrows<std::remove_const_t<decltype(whole)>>);
static_assert(Borrows<std::string Person::*> && !Borrows<int (Person::*)()>);
static_assert(!Borrows<View (*)(const std::string&)>);

template <class Op, class T>
constexpr Lifetime after(const Op&, Lifetime before)
{
    return Op::template lifetime<T>(before);
}

// What is known of a result, by function and by what was known of its argument.
constexpr auto lambda = map([](const std::string& text) { return View{text}; });
static_assert(
    after<decltype(lambda), std::string>(lambda, Lifetime::record) == Lifetime::ephemeral);
static_assert(
    after<decltype(map(whole)), std::string>(map(whole), Lifetime::record) == Lifetime::views);
static_assert(after<decltype(map(whole)), std::string>(map(whole), Lifetime::views) ==
              Lifetime::ephemeral); // a view of a string that is a temporary
static_assert(
    after<decltype(map(firstTwo)), View>(map(firstTwo), Lifetime::views) == Lifetime::views);
static_assert(after<decltype(map(firstTwo)), View>(map(firstTwo), Lifetime::ephemeral) ==
              Lifetime::ephemeral);
static_assert(after<decltype(map(&Person::name)), Person>(map(&Person::name), Lifetime::record) ==
              Lifetime::record);

template <class T>
constexpr bool isPlain(const std::vector<T>&)
{
    return true;
}
template <class T>
constexpr bool isPlain(const Evaluated<T>&)
{
    return false;
}

std::vector<std::string> longTexts()
{
    return {"a text that is longer than a short string", "another text that is longer still"};
}
const std::vector<std::string> longs{longTexts()};
const std::vector<View> expected{longs[0], longs[1]};
} // namespace

TEST_CASE("views into the range's own records are kept as they are", "[algebra][borrow]")
{
    // [example]
    std::vector<std::string> lines{"GET /index", "PUT /form"};
    auto method = sluice::borrows([](const std::string& line) { return View{line}.substr(0, 3); });
    std::vector<View> methods = evaluate(map(method), lines);
    CHECK(methods[1].data() == lines[1].data());
    // [example]
    auto again = evaluate(map(method) | map(firstTwo), lines);
    CHECK(isPlain(again));
    CHECK(again[1].data() == lines[1].data());

    auto pointers = evaluate(map(borrows([](const std::string& line) { return &line; })), lines);
    CHECK(pointers[0] == &lines[0]);
}

TEST_CASE("a view of the function's own table is copied", "[algebra][borrow]")
{
    auto out = [] {
        auto lookUp = map([table = longTexts()](std::size_t i) -> View { return table[i]; });
        return evaluate(lookUp, std::vector<std::size_t>{0, 1});
    }();
    CHECK(out == expected);
}

TEST_CASE("a view of a buffer that is used again is copied", "[algebra][borrow]")
{
    auto reuse = map([buffer = std::string{}](const std::string& text) mutable -> View {
        buffer = text;
        return buffer;
    });
    CHECK(evaluate(reuse, longs) == expected);

    auto scratch = map([](const std::string& text) -> View {
        thread_local std::string buffer;
        buffer = text;
        return buffer;
    });
    CHECK(evaluate(scratch | map(firstTwo), longs) == std::vector<View>{"a ", "an"});
}

TEST_CASE("views of a range that owns its elements are copied", "[algebra][borrow]")
{
    auto owner = flatMap([](const std::string& text) {
        return std::vector<std::string>{text} |
               std::views::transform([](const std::string& s) { return View{s}; });
    });
    CHECK(evaluate(owner, longs) == expected);
}

TEST_CASE("views of records that the chain made are copied, also by borrowing functions",
    "[algebra][borrow]")
{
    auto copy = map([](const std::string& text) { return text; });
    CHECK(evaluate(copy | map(whole), longs) == expected);

    // A borrowing function that answers with strings: each of them is a temporary.
    auto copies = flatMap(borrows([](const std::string& text) { return std::array{text}; }));
    CHECK(evaluate(copies | map(whole), longs) == expected);

    auto byValue = map(borrows([](const std::string& text) { return std::pair{text, 1}; }));
    auto viewFirst =
        map(borrows([](const std::pair<std::string, int>& p) { return View{p.first}; }));
    CHECK(evaluate(byValue | viewFirst, longs) == expected);
    CHECK(evaluate(byValue | map(sluice::keys) | map(whole), longs) == expected);
    CHECK(evaluate(map(borrows([](const std::string& text) {
        return std::pair{1, text};
    })) | mapValues(whole) |
                       map(sluice::values),
              longs) == expected);

    // A char is no view, but bytes that a view can be of.
    auto upper = flatMap(borrows([](const std::string& text) {
        return text | std::views::transform([](char c) { return static_cast<char>(c - 32); });
    }));
    auto oneChar = map(borrows([](const char& c) { return View{&c, 1}; }));
    CHECK(evaluate(upper | oneChar, std::vector<std::string>{"ab"}) == std::vector<View>{"A", "B"});
}

TEST_CASE("views of what goes with the range are copied", "[algebra][borrow]")
{
    CHECK(evaluate(map(whole), longTexts()) == expected);
    CHECK(evaluate(map(whole), longTexts() | std::views::take(2)) == expected);
    CHECK(evaluate(map(whole), longs | std::views::transform([](auto text) { return text; })) ==
          expected);
    CHECK(evaluate(map(whole), {std::string{longs[0]}, std::string{longs[1]}}) == expected);

    // One element that is overwritten as the iteration goes on.
    std::istringstream text{"first second"};
    CHECK(evaluate(map(whole), std::views::istream<std::string>(text)) ==
          std::vector<View>{"first", "second"});
    auto reused = longs | std::views::transform([buffer = std::string{}](
                                                    const std::string& s) mutable -> std::string& {
        return buffer = s;
    });
    CHECK(evaluate(map(whole), reused) == expected);
}

TEST_CASE("views of what stays when the range goes are kept as they are", "[algebra][borrow]")
{
    CHECK(isPlain(evaluate(map(whole), longs)));
    CHECK(isPlain(evaluate(map(whole), std::span{longs})));
    CHECK(isPlain(evaluate(map(whole), longs | std::views::take(1))));
    CHECK(evaluate(map(whole), std::span{longs}) == expected);
}

TEST_CASE("a borrowed view in a container is kept as it is", "[algebra][borrow]")
{
    auto split = map(borrows([](View text) {
        return std::vector{text.substr(0, 1), text.substr(1)};
    }));
    auto out = evaluate(map(whole) | split, longs);
    CHECK(isPlain(out));
    CHECK(out[1][1].data() == longs[1].data() + 1);
}

TEST_CASE("mapValues keeps what it knows of the key", "[algebra][borrow]")
{
    std::vector<std::pair<View, int>> counts{{longs[0], 1}, {longs[1], 2}};
    auto named = mapValues([](int n) { return std::to_string(n); });
    CHECK(isPlain(evaluate(named | map(sluice::keys), counts)));
    CHECK(evaluate(named | map(sluice::keys), counts)[1].data() == longs[1].data());

    auto viewOwn = mapValues([](int n) -> View {
        thread_local std::string buffer;
        buffer = "value " + std::to_string(n) + " in a long buffer of the function's own";
        return buffer;
    });
    auto out = evaluate(viewOwn, counts);
    CHECK(out[0].second == "value 1 in a long buffer of the function's own");
    CHECK(out[1].first == longs[1]);
}
