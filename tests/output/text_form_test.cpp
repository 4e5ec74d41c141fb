#include <sluice/output/text_form.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::appendText, sluice::TextWritable;

namespace {
struct Silent {};
enum class Colour { red };

struct Point {
    int x;
    int y;
    friend std::ostream& operator<<(std::ostream& out, const Point& point)
    {
        return out << point.x << '/' << point.y;
    }
};

static_assert(TextWritable<int>);
static_assert(TextWritable<Point>);
static_assert(TextWritable<std::vector<std::pair<std::string, std::optional<Point>>>>);
static_assert(!TextWritable<Silent>);
static_assert(!TextWritable<Colour>);
static_assert(!TextWritable<wchar_t>);
static_assert(!TextWritable<std::optional<Silent>>);
static_assert(!TextWritable<std::pair<int, Silent>>);
static_assert(!TextWritable<std::tuple<int, std::vector<Silent>>>);

template <class T>
std::string textOf(const T& value)
{
    std::string out;
    appendText(out, value);
    return out;
}
} // namespace

TEST_CASE("text is written as it is", "[output][text]")
{
    CHECK(textOf(std::string{"a b"}) == "a b");
    CHECK(textOf(std::string_view{"a\0b", 3}) == std::string("a\0b", 3));
    CHECK(textOf("literal") == "literal");
    CHECK(textOf(std::string{}).empty());
}

TEST_CASE("numbers are written as operator<< does", "[output][text]")
{
    CHECK(textOf(0) == "0");
    CHECK(textOf(-12L) == "-12");
    CHECK(textOf(std::uint8_t{'x'}) == "x");
    CHECK(textOf('y') == "y");
    CHECK(textOf(std::int16_t{-3}) == "-3");
    CHECK(textOf(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(textOf(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(textOf(true) == "1");
    CHECK(textOf(0.5) == "0.5");
}

TEST_CASE("a type's own operator<< is used, also inside others", "[output][text]")
{
    CHECK(textOf(Point{1, 2}) == "1/2");
    CHECK(textOf(std::pair{Point{1, 2}, 3}) == "(1/2,3)");
}

TEST_CASE("pairs and tuples are written in parentheses", "[output][text]")
{
    CHECK(textOf(std::pair{"a", 1}) == "(a,1)");
    CHECK(textOf(std::tuple{1, "b", 2.5}) == "(1,b,2.5)");
    CHECK(textOf(std::tuple{7}) == "(7)");
    CHECK(textOf(std::tuple{}) == "()");
    CHECK(textOf(std::pair{std::pair{1, 2}, std::string{}}) == "((1,2),)");
}

TEST_CASE("optionals are written as Some and None", "[output][text]")
{
    CHECK(textOf(std::optional{3}) == "Some(3)");
    CHECK(textOf(std::optional<int>{}) == "None");
    CHECK(textOf(std::optional{std::pair{1, std::optional<int>{}}}) == "Some((1,None))");
}

TEST_CASE("ranges are written in brackets", "[output][text]")
{
    CHECK(textOf(std::vector{1, 2, 3}) == "[1, 2, 3]");
    CHECK(textOf(std::vector<int>{}) == "[]");
    CHECK(textOf(std::array{std::string_view{"a"}, std::string_view{"b"}}) == "[a, b]");
    CHECK(textOf(std::list{std::vector{1}, std::vector{2, 3}}) == "[[1], [2, 3]]");
    CHECK(textOf(std::set{2, 1}) == "[1, 2]");
    CHECK(textOf(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == "[(a,1), (b,2)]");
    CHECK(textOf(std::vector<bool>{true, false}) == "[1, 0]");
}

TEST_CASE("text is appended to what is there", "[output][text]")
{
    std::string out{"x="};
    appendText(out, 1);
    appendText(out, std::optional<std::string>{"y"});
    CHECK(out == "x=1Some(y)");
}
