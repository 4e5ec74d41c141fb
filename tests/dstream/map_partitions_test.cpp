#include <sluice/dstream/map_partitions.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <range/v3/view/transform.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::map, sluice::mapPartitions;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
using Ints = std::span<const int>;

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto sum = [](Ints records) {
    return std::array{std::accumulate(records.begin(), records.end(), 0)};
};
constexpr auto itself = [](Ints records) { return records; };

// What mapPartitions takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(mapPartitions(sum)), int>);
static_assert(!Accepts<decltype(mapPartitions(sum)), std::string>);
static_assert(!Accepts<decltype(mapPartitions([](Ints records) { return records[0]; })), int>);
static_assert(!Accepts<decltype(mapPartitions([](std::span<int> records) { return records; })),
              int>); // would edit them
using Boxes = std::span<const std::unique_ptr<int>>;
static_assert(!Accepts<decltype(mapPartitions([](Boxes boxes) { return boxes; })),
              std::unique_ptr<int>>); // would copy them
static_assert(!Accepts<decltype(mapPartitions([](Ints records) { return std::array{records}; })),
              int>); // nobody would own what it views
} // namespace

TEST_CASE("mapPartitions of a finite range makes a range of all of it", "[dstream][mapPartitions]")
{
    // [example]
    const auto pairs = mapPartitions([](std::span<const int> records) {
        std::vector<std::pair<int, int>> neighbours;
        for (std::size_t i = 1; i < records.size(); ++i) {
            neighbours.emplace_back(records[i - 1], records[i]);
        }
        return neighbours;
    });
    CHECK(evaluate(pairs, {1, 2, 3}) == std::vector<std::pair<int, int>>{{1, 2}, {2, 3}});
    // [example]
}

TEST_CASE("mapPartitions calls its function once for each partition, empty ones among them",
    "[dstream][mapPartitions]")
{
    int calls = 0;
    const auto counted = mapPartitions([&calls](Ints records) {
        ++calls;
        return sum(records);
    });
    const auto out =
        runBatches(Batches<int>{{1, 2, 3}, {}}, filter(isOdd) | counted, {.partitions = 3});
    CHECK(out.batches == Batches<int>{{1, 0, 3}, {0, 0, 0}});
    CHECK(calls == 6);
    CHECK(runBatches(Batches<int>{{}}, counted, {.partitions = 0}).batches == Batches<int>{{}});
    CHECK(calls == 6);
}

TEST_CASE("mapPartitions of each record alone is map, at any parallelism",
    "[dstream][mapPartitions][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto twice = [](int x) { return 2 * x; };
    const auto lazy =
        mapPartitions([twice](Ints records) { return records | std::views::transform(twice); });
    const auto rangesV3 =
        mapPartitions([twice](Ints records) { return records | ranges::views::transform(twice); });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<int> in{random.numbers(), {}, random.numbers()};
        const sluice::testing::RunOptions options{.partitions = n, .parallelism = n};
        const auto expected = runBatches(in, map(twice)).batches;
        const auto out = runBatches(in, lazy, options);
        CHECK(out.batches == expected);
        CHECK(out.kept[0].partitions().size() == n);
        CHECK(runBatches(in, rangesV3, options).batches == expected);
        CHECK(runBatches(in, mapPartitions(itself), options).batches == in);
        CHECK(evaluate(lazy, in[0]) == expected[0]);
    }
}

TEST_CASE(
    "a function of mapPartitions starts afresh for each partition", "[dstream][mapPartitions]")
{
    const auto numbered = mapPartitions([calls = 0](Ints) mutable { return std::array{++calls}; });
    CHECK(runBatches(Batches<int>{{1, 2, 3}, {4}}, numbered, {.partitions = 3}).batches ==
          Batches<int>{{1, 1, 1}, {1, 1, 1}});
    CHECK(evaluate(numbered | numbered, {1}) == std::vector{1});
}

TEST_CASE("what mapPartitions makes may be moved only", "[dstream][mapPartitions]")
{
    const auto boxed = mapPartitions([](Ints records) {
        std::vector<std::unique_ptr<int>> boxes;
        for (const int x : records) {
            boxes.push_back(std::make_unique<int>(x));
        }
        return boxes;
    });
    const auto unboxed = map([](const std::unique_ptr<int>& box) { return *box; });
    CHECK(runBatches(Batches<int>{{1, 2}}, boxed | unboxed).batches == Batches<int>{{1, 2}});
}

TEST_CASE("views that mapPartitions makes stay good, whether they borrow or were copied",
    "[dstream][mapPartitions][dangling]")
{
    using Texts = std::span<const std::string>;
    const Batches<std::string> in{{"to be", std::string(40, 'x')}, {"short"}};
    const Batches<std::string_view> expected{{"to be", in[0][1]}, {"short"}};
    const auto viewed = [](Texts records) {
        return std::vector<std::string_view>(records.begin(), records.end());
    };
    const auto buffered = [buffer = std::vector<std::string>{}](Texts records) mutable {
        buffer.assign(records.begin(), records.end());
        return std::vector<std::string_view>(buffer.begin(), buffer.end());
    };
    const auto check = [&](const auto& mapped) {
        CHECK(runBatches(in, mapped, {.partitions = 2}).batches == expected);
        CHECK(runBatches(
                  in, map([](const std::string& s) { return s + ""; }) | mapped | sluice::cache())
                  .batches == expected);
        const auto all = evaluate(map([](const std::string& s) { return s + ""; }) | mapped, in[0]);
        CHECK(all == expected[0]);
    };
    check(mapPartitions(viewed));
    check(mapPartitions(sluice::borrows(viewed)));
    check(mapPartitions(buffered));
}

TEST_CASE("a function of mapPartitions that throws ends the run and says where",
    "[dstream][mapPartitions][errors]")
{
    const auto fussy = [](int x) { return x == 13 ? throw std::domain_error{"13"} : x; };
    const auto eager =
        mapPartitions([fussy](Ints records) { return std::array{fussy(records[0])}; });
    const auto lazy =
        mapPartitions([fussy](Ints records) { return records | std::views::transform(fussy); });
    const auto check = [](const auto& mapped) {
        const auto out = runBatches(Batches<int>{{1, 1, 1}, {2, 3, 13}}, mapped, {.partitions = 3});
        CHECK(out.batches.size() == 1);
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == "mapPartitions");
        CHECK(out.failure->batchIndex == 1);
        CHECK(out.failure->partition == 2);
        CHECK_THROWS_AS(evaluate(mapped, {13}), std::domain_error);
    };
    check(eager);
    check(lazy);
}

TEST_CASE("a partition that is mapped again after a failure is mapped from its beginning",
    "[dstream][mapPartitions][errors]")
{
    int failures = 2;
    const auto shaky = mapPartitions([&failures](Ints records) {
        return records | std::views::transform([&failures](int x) {
            if (x == 2 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
            return x;
        });
    });
    const auto out = runBatches(Batches<int>{{1, 2, 3}}, shaky, {.maxTaskFailures = 4});
    CHECK_FALSE(out.failure);
    CHECK(out.batches == Batches<int>{{1, 2, 3}});
}
