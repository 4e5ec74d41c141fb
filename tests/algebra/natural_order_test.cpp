#include <sluice/algebra/natural_order.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::NaturalOrder;

namespace {
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

// A strict weak order that has a place for NaN, settled while compiling.
constexpr NaturalOrder less{};
static_assert(less(1, 2) && !less(2, 1) && !less(1, 1));
static_assert(less(1.0, notANumber) && !less(notANumber, 1.0) && !less(notANumber, notANumber));
static_assert(less(std::numeric_limits<double>::infinity(), notANumber));
static_assert(!less(0.0, -0.0) && !less(-0.0, 0.0));
static_assert(less(std::string_view{"a"}, std::string_view{"b"}));

// The same inside keys of several parts.
using Place = std::pair<double, int>;
static_assert(less(Place{1, 2}, Place{1, 3}) && !less(Place{1, 3}, Place{1, 2}));
static_assert(less(Place{1, 9}, Place{notANumber, 0}) && !less(Place{notANumber, 0}, Place{1, 9}));
static_assert(less(Place{notANumber, 0}, Place{notANumber, 1}));
static_assert(!less(Place{notANumber, 1}, Place{notANumber, 1}));
using Maybe = std::optional<double>;
static_assert(less(Maybe{}, Maybe{notANumber}) && !less(Maybe{notANumber}, Maybe{}));
static_assert(less(Maybe{1}, Maybe{notANumber}) && !less(Maybe{notANumber}, Maybe{1}));
static_assert(!less(Maybe{}, Maybe{}));
using Three = std::array<float, 3>;
constexpr float notAFloat = std::numeric_limits<float>::quiet_NaN();
static_assert(less(Three{1, notAFloat, 1}, Three{1, notAFloat, 2}));
static_assert(less(Three{1, 5, notAFloat}, Three{1, notAFloat, 2}));
using Named = std::tuple<std::string_view, std::pair<Maybe, int>>;
static_assert(less(Named{"a", {1.0, 1}}, Named{"a", {notANumber, 0}}));
static_assert(less(Named{"a", {notANumber, 1}}, Named{"b", {0.0, 0}}));

struct Unordered {};
template <class A, class B>
concept Ordered = requires(const A& a, const B& b) { less(a, b); };
static_assert(Ordered<std::string, std::string_view>);
static_assert(!Ordered<Unordered, Unordered>);
} // namespace

TEST_CASE("numbers are sorted with NaN last", "[algebra][natural_order]")
{
    std::vector<double> numbers{notANumber, 3.0, -1.0, notANumber, 2.0};
    std::ranges::sort(numbers, NaturalOrder{});
    CHECK(std::vector<double>(numbers.begin(), numbers.begin() + 3) == std::vector{-1.0, 2.0, 3.0});
    CHECK(std::isnan(numbers[3]));
    CHECK(std::isnan(numbers[4]));
}
