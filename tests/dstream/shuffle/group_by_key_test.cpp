#include <sluice/dstream/shuffle/group_by_key.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::evaluate, sluice::groupByKey, sluice::map,
    sluice::mapValues, sluice::Values;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
using Pair = std::pair<std::string, long>;
using Groups = std::map<std::string, std::vector<long>>;

struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};

// What groupByKey takes and what it refuses, settled while compiling.
using Group = decltype(groupByKey());
static_assert(std::same_as<Values<long>, std::span<const long>>);
static_assert(std::same_as<Group::Output<Pair>, std::pair<std::string, Values<long>>>);
static_assert(Accepts<Group, Pair>);
static_assert(Accepts<Group, std::pair<std::string_view, std::string_view>>);
static_assert(Accepts<Group, std::pair<std::tuple<int, std::string>, bool>>);
static_assert(!Accepts<Group, int>);
static_assert(!Accepts<Group, std::pair<Unhashed, int>>);
static_assert(!Accepts<Group, std::pair<int, std::unique_ptr<int>>>);
static_assert(!Accepts<Group, std::pair<int, std::span<int>>>);

/// The values of each key, sorted; says so when a key comes twice or without values.
template <class Records>
Groups groupsIn(const Records& records)
{
    Groups groups;
    for (const auto& [key, values] : records) {
        std::vector<long> sorted(values.begin(), values.end());
        std::ranges::sort(sorted);
        if (sorted.empty() || !groups.emplace(key, sorted).second) {
            groups["wrong: " + std::string{key}] = sorted;
        }
    }
    return groups;
}

/// The oracle.
Groups grouped(const std::vector<Pair>& records)
{
    Groups groups;
    for (const auto& [key, value] : records) {
        groups[key].push_back(value);
    }
    for (auto& [key, values] : groups) {
        std::ranges::sort(values);
    }
    return groups;
}

std::vector<Pair> randomPairs(unsigned seed, std::size_t count, std::size_t keys)
{
    std::mt19937 random{seed};
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = random() % keys;
        auto text = std::to_string(key) + (key % 3 == 0 ? "-a key of more than fifteen bytes" : "");
        pairs.emplace_back(std::move(text), static_cast<long>(random() % 1000));
    }
    return pairs;
}

constexpr auto sum = [](Values<long> values) {
    return std::accumulate(values.begin(), values.end(), 0L);
};
} // namespace

TEST_CASE(
    "groupByKey gives the values of each distinct key in their order", "[dstream][groupByKey]")
{
    // [example]
    using Visit = std::pair<std::string, int>;
    std::vector<Visit> visits{{"ann", 3}, {"bob", 1}, {"ann", 5}};
    auto last =
        evaluate(groupByKey() | mapValues([](Values<int> pages) { return pages.back(); }), visits);
    CHECK(std::map<std::string, int>(last.begin(), last.end()) ==
          std::map<std::string, int>{{"ann", 5}, {"bob", 1}});
    // [example]
}

TEST_CASE("groupByKey groups each batch on its own", "[dstream][groupByKey]")
{
    const auto out =
        runBatches(Batches<Pair>{{{"a", 1}, {"b", 2}, {"a", 3}}, {}, {{"a", 4}}}, groupByKey());
    REQUIRE(out.batches.size() == 3);
    CHECK(groupsIn(out.batches[0]) == Groups{{"a", {1, 3}}, {"b", {2}}});
    CHECK(groupsIn(out.batches[1]).empty());
    CHECK(groupsIn(out.batches[2]) == Groups{{"a", {4}}});
}

TEST_CASE("groupByKey answers an empty batch with an empty batch of all its partitions",
    "[dstream][groupByKey]")
{
    for (const std::size_t inputs : {0U, 1U, 3U}) {
        CAPTURE(inputs);
        const auto out = runBatches(
            Batches<Pair>{{}}, groupByKey(), {.partitions = inputs, .defaultPartitions = 5});
        REQUIRE(out.kept.size() == 1);
        CHECK(out.kept[0].empty());
        CHECK(out.kept[0].partitions().size() == 5);
    }
}

TEST_CASE("groupByKey has the partitions that were asked for", "[dstream][groupByKey]")
{
    const Batches<Pair> in{randomPairs(1, 100, 20)};
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
        CAPTURE(n);
        const auto given = runBatches(in, groupByKey(n));
        CHECK(given.kept[0].partitions().size() == n);
        CHECK(groupsIn(given.kept[0]) == grouped(in[0]));
        const auto byDefault = runBatches(in, groupByKey(), {.defaultPartitions = n});
        CHECK(byDefault.kept[0].partitions().size() == n);
    }
    CHECK_THROWS_AS(groupByKey(0), sluice::InvalidArgument);
}

TEST_CASE("groupByKey puts a key where reduceByKey puts it", "[dstream][groupByKey]")
{
    const Batches<Pair> in{randomPairs(1, 300, 60)};
    const auto groups = runBatches(in, groupByKey(), {.partitions = 3, .parallelism = 3});
    const auto counts = runBatches(in, sluice::reduceByKey(std::plus{}));
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < 4; ++i) {
        for (const auto& record : counts.kept[0].partitions()[i]) {
            places[record.first] = i;
        }
    }
    for (std::size_t i = 0; i < 4; ++i) {
        for (const auto& record : groups.kept[0].partitions()[i]) {
            CHECK(places.at(record.first) == i);
        }
    }
}

TEST_CASE("groupByKey agrees with a map however records are cut and tasks are ordered",
    "[dstream][groupByKey]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const auto name = static_cast<unsigned>(seed);
            const Batches<Pair> in{
                randomPairs(name, 1'000, 50), randomPairs(name + 10, 20'000, 5'000)};
            const auto out =
                runBatches(in, groupByKey(), {.partitions = n, .parallelism = n, .seed = seed});
            REQUIRE(out.kept.size() == 2);
            CHECK(groupsIn(out.kept[0]) == grouped(in[0]));
            CHECK(groupsIn(out.kept[1]) == grouped(in[1]));
        }
    }
}

TEST_CASE("values keep the order of the stream at any parallelism", "[dstream][groupByKey]")
{
    std::vector<Pair> records;
    for (long i = 0; i < 1'000; ++i) {
        records.emplace_back(std::to_string(i % 13), i);
    }
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto out = runBatches(
            Batches<Pair>{records}, groupByKey(), {.partitions = n, .parallelism = n, .seed = n});
        for (const auto& [key, values] : out.kept.at(0)) {
            CHECK(std::ranges::is_sorted(values));
        }
    }
}

TEST_CASE("reducing what was grouped is reducing by key", "[dstream][groupByKey]")
{
    for (const unsigned seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> in{randomPairs(seed, 2'000, 300)};
        auto grouping = runBatches(in, groupByKey() | mapValues(sum), {.partitions = 3});
        auto reducing = runBatches(in, sluice::reduceByKey(std::plus{}), {.partitions = 3});
        std::ranges::sort(grouping.batches[0]);
        std::ranges::sort(reducing.batches[0]);
        CHECK(grouping.batches == reducing.batches);
    }
}

TEST_CASE("filtering keys commutes with groupByKey", "[dstream][groupByKey]")
{
    const auto isShort = [](const auto& record) { return record.first.size() < 4; };
    for (const unsigned seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> in{randomPairs(seed, 500, 400)};
        const auto before =
            runBatches(in, sluice::filter(isShort) | groupByKey(), {.partitions = 2});
        const auto after =
            runBatches(in, groupByKey() | sluice::filter(isShort), {.partitions = 2});
        CHECK(groupsIn(before.kept[0]) == groupsIn(after.kept[0]));
    }
}

TEST_CASE("the keys and values of kept batches outlive the batches they came from",
    "[dstream][groupByKey]")
{
    const auto byFirst = map([](const std::string& line) {
        const std::string_view view{line};
        return std::pair{view.substr(0, 20), view.substr(20)};
    });
    Batches<std::string> in;
    for (int i = 0; i < 20; ++i) {
        const auto c = static_cast<char>('a' + i);
        in.push_back({std::string(20, c) + std::string(30, c), std::string(20, c) + "short"});
    }
    for (const std::size_t n : {1U, 2U}) {
        const auto out =
            runBatches(in, byFirst | groupByKey(), {.partitions = n, .parallelism = n});
        REQUIRE(out.kept.size() == 20);
        for (int i = 0; i < 20; ++i) {
            const auto c = static_cast<char>('a' + i);
            const auto& batch = out.kept[static_cast<std::size_t>(i)];
            REQUIRE(std::ranges::distance(batch) == 1);
            const auto& [key, values] = *batch.begin();
            CHECK(key == std::string(20, c));
            REQUIRE(values.size() == 2);
            CHECK(values[0] == std::string(30, c));
            CHECK(values[1] == "short");
        }
    }
}

TEST_CASE("a function that throws before groupByKey ends the run and says where",
    "[dstream][groupByKey][errors]")
{
    const auto fussy = sluice::filter(
        [](const Pair& pair) { return pair.second == 13 ? throw std::domain_error{"13"} : true; });
    const auto out = runBatches(
        Batches<Pair>{{{"a", 1}}, {{"a", 1}, {"a", 13}}}, fussy | groupByKey(), {.partitions = 2});
    CHECK(out.batches.size() == 1);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "filter");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 1);
}

TEST_CASE("a task that is tried again groups no record twice", "[dstream][groupByKey][errors]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto left = std::make_shared<int>(6);
        const auto shaky = sluice::filter([left](const Pair& pair) {
            if (pair.second > 900 && *left > 0 && --*left % 2 == 0) {
                throw std::runtime_error{"not yet"};
            }
            return true;
        });
        const Batches<Pair> in{randomPairs(1, 200, 10), randomPairs(2, 200, 10)};
        const auto out = runBatches(
            in, shaky | groupByKey(), {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
        CHECK_FALSE(out.failure);
        REQUIRE(out.kept.size() == 2);
        CHECK(groupsIn(out.kept[0]) == grouped(in[0]));
        CHECK(groupsIn(out.kept[1]) == grouped(in[1]));
    }
}

TEST_CASE("groupByKey groups every record once on real threads", "[dstream][groupByKey][parallel]")
{
    constexpr std::size_t batches = 10;
    sluice::StreamingContext context{{.batchInterval = 2ms, .parallelism = 2}};
    sluice::BatchQueue<Pair> queue;
    std::vector<Groups> expected;
    for (unsigned i = 0; i < batches; ++i) {
        const auto records = randomPairs(i, 10'000, 700);
        expected.push_back(grouped(records));
        queue.pushPartitions(sluice::testing::detail::cutInto(records, 16));
    }
    std::vector<Groups> seen;
    context.queueStream(queue) | groupByKey() |
        sluice::foreachBatch([&](const Batch<std::pair<std::string, Values<long>>>& batch) {
            if (seen.size() < batches) { seen.push_back(groupsIn(batch)); }
            if (seen.size() == batches) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}
