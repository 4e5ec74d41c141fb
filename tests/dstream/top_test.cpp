#include <sluice/dstream/top.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/transform.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::top, sluice::transform;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
struct Unordered {
    int value;
};
// What top takes and what it refuses, settled while compiling.
template <class T>
constexpr bool ranks = Accepts<decltype(transform(top(3))), T>;
static_assert(ranks<int>);
static_assert(ranks<std::string_view>);
static_assert(!ranks<Unordered>);
static_assert(!ranks<std::unique_ptr<int>>);
static_assert(Accepts<decltype(transform(top(3, {}, &Unordered::value))), Unordered>);
} // namespace

TEST_CASE("top gives the largest records, the largest first", "[dstream][transform][top]")
{
    // [example]
    const Batches<int> in{{3, 9, 4}, {}, {1}};
    CHECK(runBatches(in, transform(top(2))).batches == Batches<int>{{9, 4}, {}, {1}});
    // [example]
    CHECK(runBatches(in, transform(top(2, std::ranges::greater{}))).batches ==
          Batches<int>{{3, 4}, {}, {1}});
    CHECK(runBatches(in, transform(top(0))).batches == Batches<int>{{}, {}, {}});
    CHECK(std::vector<int>{9, 4} == evaluate(transform(top(2)), in[0]));
}

TEST_CASE("top is the end of a sorted batch, and of equal records the first ones",
    "[dstream][transform][top]")
{
    using Pair = std::pair<int, int>;
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t partitions : {1U, 2U, 3U, 8U}) {
        for (const int most : {1, 10, 1000}) {
            std::vector<Pair> records;
            for (int i = 0; i < 200; ++i) {
                records.emplace_back(random.number(0, most), i);
            }
            for (const std::size_t n : {1U, 7U, 199U, 200U, 500U}) {
                CAPTURE(partitions, most, n);
                const auto out = runBatches(Batches<Pair>{records},
                    transform(top(n, {}, &Pair::first)), {.partitions = partitions});
                auto expected = records;
                std::ranges::stable_sort(expected, std::ranges::greater{}, &Pair::first);
                expected.resize(std::min(n, records.size()));
                CHECK(out.batches.at(0) == expected);
            }
        }
    }
}

TEST_CASE("top of a negative number of records is refused where it is written",
    "[dstream][transform][top][errors]")
{
    CHECK_THROWS_WITH(
        top(static_cast<std::size_t>(-3)), "sluice: top(n): -3 given, must not be negative");
}

TEST_CASE("NaN is behind all numbers for top too", "[dstream][transform][top]")
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto out = runBatches(Batches<double>{{1.0, nan, 3.0, 2.0}}, transform(top(2)));
    CHECK(std::isnan(out.batches.at(0).at(0)));
    CHECK(out.batches.at(0).at(1) == 3.0);
}

TEST_CASE("what top shows stays good", "[dstream][transform][top][dangling]")
{
    const Batches<std::string> in{{"b", "c" + std::string(40, 'x'), "a"}};
    const auto view = sluice::map([](const std::string& text) { return std::string_view{text}; });
    const auto kept = runBatches(in, view | transform(top(1))).kept;
    CHECK(*kept.at(0).begin() == in[0][1]);
    // Records that nobody can point elsewhere.
    const auto groups = sluice::map([](const std::string& text) {
        return std::pair{text.size(), 1};
    }) | sluice::groupByKey() |
                        transform(
                            top(1, {}, [](const auto& group) { return group.second.size(); }));
    const auto largest = runBatches(in, groups).kept;
    CHECK(largest.at(0).begin()->first == 1);
    CHECK(largest.at(0).begin()->second.size() == 2);
}
