#include <sluice/dstream/shuffle/cogroup.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::cogroup, sluice::DStream, sluice::foreachBatch,
    sluice::queueStream, sluice::Values;
using sluice::test::randomPairs, sluice::test::runStreams;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
using Pair = std::pair<std::string, long>;
using Named = std::pair<std::string, std::string>;
using Longs = std::vector<long>;

struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};

// What cogroup takes and what it refuses, settled while compiling.
using WithNames = decltype(cogroup(std::declval<DStream<Named>>()));
static_assert(std::same_as<WithNames::Output<Pair>,
    std::pair<std::string, std::pair<Values<long>, Values<std::string>>>>);
static_assert(Accepts<WithNames, Pair>);
static_assert(Accepts<WithNames, std::pair<std::string_view, bool>>);
static_assert(!Accepts<WithNames, std::pair<int, long>>);
static_assert(!Accepts<WithNames, std::string>);
static_assert(!Accepts<WithNames, std::pair<Unhashed, int>>);
static_assert(!Accepts<WithNames, std::pair<std::string, std::unique_ptr<int>>>);
using WithThree = decltype(cogroup(std::declval<DStream<Named>>(), std::declval<DStream<Pair>>(),
    std::declval<DStream<Pair>>(), 3));
static_assert(std::same_as<WithThree::Output<Pair>,
    std::pair<std::string,
        std::tuple<Values<long>, Values<std::string>, Values<long>, Values<long>>>>);

Longs sorted(Values<long> values)
{
    Longs out(values.begin(), values.end());
    std::ranges::sort(out);
    return out;
}

using Groups = std::map<std::string, std::vector<Longs>>;

/// The oracle: the values that each stream has of each key, sorted.
Groups grouped(const std::vector<std::vector<Pair>>& streams)
{
    Groups groups;
    for (std::size_t side = 0; side < streams.size(); ++side) {
        for (const auto& [key, value] : streams[side]) {
            auto& sides = groups[key];
            sides.resize(streams.size());
            sides[side].push_back(value);
        }
    }
    for (auto& [key, sides] : groups) {
        for (auto& values : sides) {
            std::ranges::sort(values);
        }
    }
    return groups;
}

template <class Records>
Groups groupsIn(const Records& records)
{
    Groups groups;
    for (const auto& record : records) {
        auto sides =
            std::apply([](const auto&... values) { return std::vector<Longs>{sorted(values)...}; },
                record.second);
        const std::string key{record.first};
        if (!groups.emplace(key, std::move(sides)).second) { groups["twice: " + key]; }
    }
    return groups;
}
} // namespace

TEST_CASE("cogroup gives what each stream has of each key", "[dstream][cogroup]")
{
    TestEngine engine{{}};
    sluice::engine::Runtime& context = engine.runtime();
    std::map<std::string, std::pair<Longs, std::vector<std::string>>> seen;
    // [example]
    using Order = std::pair<std::string, long>;
    using City = std::pair<std::string, std::string>;
    const auto orders =
        queueStream(context, BatchQueue<Order>{{{"ann", 3}, {"bob", 1}, {"ann", 5}}});
    const auto cities = queueStream(context, BatchQueue<City>{{{"ann", "Oslo"}, {"eve", "Bonn"}}});
    orders | cogroup(cities) | foreachBatch([&](const auto& batch) {
        for (const auto& [name, both] : batch) { // ann 3 5, Oslo; bob 1; eve Bonn
            seen[name] = {
                {both.first.begin(), both.first.end()}, {both.second.begin(), both.second.end()}};
        }
    });
    // [example]
    context.start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(seen == std::map<std::string, std::pair<Longs, std::vector<std::string>>>{
                      {"ann", {{3, 5}, {"Oslo"}}}, {"bob", {{1}, {}}}, {"eve", {{}, {"Bonn"}}}});
}

TEST_CASE("cogroup agrees with a map, whatever is cut and ordered how", "[dstream][cogroup]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const Batches<Pair> a{randomPairs(seed, 500, 300), {}, randomPairs(seed, 50, 9)};
            const Batches<Pair> b{randomPairs(seed + 10, 2'000, 900), randomPairs(seed, 20, 9), {}};
            const Batches<Pair> c{randomPairs(seed + 20, 30, 2'000), {}, randomPairs(seed, 7, 90)};
            const Batches<Pair> d{{}, randomPairs(seed + 30, 100, 40), randomPairs(seed, 9, 9)};
            const sluice::testing::RunOptions options{.partitions = n,
                .parallelism = n,
                .defaultPartitions = n == 3 ? 64U : n,
                .seed = seed};
            const auto two = runStreams(
                options, [](auto x, auto y) { return x | cogroup(y); }, a, b);
            const auto three = runStreams(
                options, [](auto x, auto y, auto z) { return x | cogroup(y, z); }, a, b, c);
            const auto four = runStreams(
                options, [](auto x, auto y, auto z, auto u) { return x | cogroup(y, z, u); }, a, b,
                c, d);
            for (std::size_t i = 0; i < 3; ++i) {
                CHECK(groupsIn(two.kept.at(i)) == grouped({a[i], b[i]}));
                CHECK(groupsIn(three.kept.at(i)) == grouped({a[i], b[i], c[i]}));
                CHECK(groupsIn(four.kept.at(i)) == grouped({a[i], b[i], c[i], d[i]}));
            }
        }
    }
}

TEST_CASE(
    "cogroup of empty batches is an empty batch with all its partitions", "[dstream][cogroup]")
{
    for (const std::size_t inputs : {0U, 1U, 3U}) {
        CAPTURE(inputs);
        const auto out = runStreams(
            {.partitions = inputs, .defaultPartitions = 5},
            [](const auto& a, const auto& b) { return a | cogroup(b); }, Batches<Pair>{{}},
            Batches<Pair>{{}});
        REQUIRE(out.kept.size() == 1);
        CHECK(out.kept[0].empty());
        CHECK(out.kept[0].partitions().size() == 5);
    }
}

TEST_CASE("cogroup has the partitions that were asked for, and a key its own", "[dstream][cogroup]")
{
    const Batches<Pair> in{randomPairs(1, 200, 100)};
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
        CAPTURE(n);
        const auto out = runStreams(
            {}, [n](const auto& a, const auto& b) { return a | cogroup(b, n); }, in, in);
        const auto groups = runStreams(
            {}, [n](const auto& a) { return a | sluice::groupByKey(n); }, in);
        REQUIRE(out.kept.at(0).partitions().size() == n);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK(out.kept[0].partitions()[i].size() == groups.kept.at(0).partitions()[i].size());
        }
    }
}

TEST_CASE("values keep the order of their stream", "[dstream][cogroup]")
{
    std::vector<Pair> records;
    for (long i = 0; i < 1'000; ++i) {
        records.emplace_back(std::to_string(i % 13), i);
    }
    for (const std::size_t n : {1U, 3U}) {
        const auto out = runStreams(
            {.partitions = n, .parallelism = n},
            [](const auto& a, const auto& b) { return a | cogroup(b); }, Batches<Pair>{records},
            Batches<Pair>{records});
        for (const auto& [key, sides] : out.kept.at(0)) {
            CHECK(std::ranges::is_sorted(sides.first));
            CHECK(std::ranges::equal(sides.first, sides.second));
        }
    }
}

TEST_CASE("the two types of text are one kind of key", "[dstream][cogroup]")
{
    const auto views = sluice::map([](const Pair& record) {
        return std::pair{std::string_view{record.first}, record.second};
    });
    const Batches<Pair> a{randomPairs(1, 200, 90)};
    const Batches<Pair> b{randomPairs(2, 200, 90)};
    for (const std::size_t n : {1U, 3U}) {
        const auto out = runStreams(
            {.partitions = n, .parallelism = n},
            [&](const auto& x, const auto& y) { return x | views | cogroup(y, x | views); }, a, b);
        CHECK(groupsIn(out.kept.at(0)) == grouped({a[0], b[0], a[0]}));
        const auto swapped = runStreams(
            {.partitions = n, .parallelism = n},
            [&](const auto& x, const auto& y) { return x | cogroup(y | views); }, a, b);
        CHECK(groupsIn(swapped.kept.at(0)) == grouped({a[0], b[0]}));
    }
}

TEST_CASE("a stream can meet itself, and an operator be used twice", "[dstream][cogroup]")
{
    const Batches<Pair> a{randomPairs(1, 100, 30)};
    const Batches<Pair> b{randomPairs(2, 100, 30)};
    const auto itself = runStreams(
        {}, [](const auto& x) { return x | cogroup(x, x); }, a);
    CHECK(groupsIn(itself.kept.at(0)) == grouped({a[0], a[0], a[0]}));
    const auto sizes = sluice::mapValues([](const auto& sides) {
        return std::pair{sides.first.size(), sides.second.size()};
    });
    const auto twice = runStreams(
        {},
        [&](const auto& x, const auto& y) {
            const auto withY = cogroup(y);
            const auto first = x | withY;
            const auto second = y | withY;
            CHECK(first.parent()->inputs()[1] == second.parent()->inputs()[1]);
            CHECK(first.parent()->inputs()[0] != second.parent()->inputs()[0]);
            return first | sizes | cogroup(second | sizes);
        },
        a, b);
    CHECK(twice.kept.at(0).size() == grouped({a[0], b[0]}).size());
    for (const auto& [key, sides] : twice.kept.at(0)) {
        REQUIRE(sides.first.size() == 1);
        const auto ofB = sides.first[0].second;
        CHECK(sides.second.size() == (ofB == 0 ? 0U : 1U));
        if (ofB != 0) { CHECK(sides.second[0] == std::pair{ofB, ofB}); }
    }
}

TEST_CASE(
    "cogroup refuses streams of another context, and 0 partitions", "[dstream][cogroup][errors]")
{
    TestEngine one{{}};
    TestEngine other{{}};
    const auto a = sluice::queueStream(one.runtime(), sluice::BatchQueue<Pair>{});
    const auto b = sluice::queueStream(other.runtime(), sluice::BatchQueue<Pair>{});
    CHECK_THROWS_AS(a | cogroup(b), sluice::InvalidArgument);
    CHECK_THROWS_AS(a | cogroup(a, b), sluice::InvalidArgument);
    CHECK_THROWS_WITH(cogroup(a, 0),
        "sluice: cogroup(other, partitions): 0 partitions given, must be 1 to 1048576");
}

TEST_CASE(
    "a function that throws on one side ends the run and says where", "[dstream][cogroup][errors]")
{
    const auto fussy = sluice::filter(
        [](const Pair& pair) { return pair.second == 13 ? throw std::domain_error{"13"} : true; });
    const auto out = runStreams(
        {.partitions = 2}, [&](const auto& a, const auto& b) { return a | cogroup(b | fussy); },
        Batches<Pair>{{{"a", 1}}, {{"a", 13}}}, Batches<Pair>{{{"a", 1}}, {{"a", 1}, {"a", 13}}});
    CHECK(out.batches.size() == 1);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "filter");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 1);
}
