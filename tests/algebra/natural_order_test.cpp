#include <sluice/algebra/natural_order.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
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
