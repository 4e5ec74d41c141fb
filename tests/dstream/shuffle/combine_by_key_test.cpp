#include <sluice/dstream/shuffle/combine_by_key.hpp>

#include <sluice/algebra/evaluate.hpp>
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
#include <any>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::combineByKey, sluice::evaluate;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
using Pair = std::pair<std::string, long>;

/// How many and how much: a combiner that is not a value.
struct Mean {
    long count = 0;
    long sum = 0;

    bool operator==(const Mean&) const = default;
};
using Means = std::map<std::string, Mean>;

constexpr auto first = [](long value) { return Mean{1, value}; };
constexpr auto more = [](Mean mean, long value) { return Mean{mean.count + 1, mean.sum + value}; };
constexpr auto both = [](Mean a, const Mean& b) { return Mean{a.count + b.count, a.sum + b.sum}; };
const auto mean = combineByKey(first, more, both);

struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};

// What combineByKey takes and what it refuses, settled while compiling.
using OfMeans = decltype(combineByKey(first, more, both));
static_assert(std::same_as<OfMeans::Output<Pair>, std::pair<std::string, Mean>>);
static_assert(Accepts<OfMeans, Pair>);
static_assert(Accepts<OfMeans, std::pair<std::string_view, short>>);
static_assert(!Accepts<OfMeans, long>);
static_assert(!Accepts<OfMeans, std::pair<Unhashed, long>>);
static_assert(!Accepts<OfMeans, std::pair<int, std::string>>);
static_assert(!Accepts<decltype(combineByKey([](long) {}, more, both)), Pair>);
static_assert(!Accepts<decltype(combineByKey(first, std::plus<long>{}, both)), Pair>);
static_assert(!Accepts<decltype(combineByKey(first, more, std::plus<long>{})), Pair>);

template <class Records>
Means meansIn(const Records& records)
{
    Means means;
    for (const auto& [key, value] : records) {
        if (!means.emplace(key, value).second) { means["twice: " + std::string{key}] = value; }
    }
    return means;
}

/// The oracle.
Means meansOf(const std::vector<Pair>& records)
{
    Means means;
    for (const auto& [key, value] : records) {
        Mean& known = means[key];
        known = more(known, value);
    }
    return means;
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
} // namespace

TEST_CASE(
    "combineByKey makes of all values of a key one of another type", "[dstream][combineByKey]")
{
    // [example]
    std::vector<Pair> grades{{"ann", 1}, {"bob", 2}, {"ann", 4}};
    auto means = evaluate(combineByKey(
                              [](long grade) {
                                  return Mean{1, grade};
                              },
                              [](Mean m, long grade) {
                                  return Mean{m.count + 1, m.sum + grade};
                              },
                              [](Mean a, const Mean& b) {
                                  return Mean{a.count + b.count, a.sum + b.sum};
                              }),
        grades);
    CHECK(meansIn(means) == Means{{"ann", {2, 5}}, {"bob", {1, 2}}});
    // [example]
}

TEST_CASE("combineByKey combines each batch on its own", "[dstream][combineByKey]")
{
    const auto out =
        runBatches(Batches<Pair>{{{"a", 1}, {"b", 2}, {"a", 3}}, {}, {{"a", 4}}}, mean);
    REQUIRE(out.batches.size() == 3);
    CHECK(meansIn(out.batches[0]) == Means{{"a", {2, 4}}, {"b", {1, 2}}});
    CHECK(meansIn(out.batches[1]).empty());
    CHECK(meansIn(out.batches[2]) == Means{{"a", {1, 4}}});
}

TEST_CASE("combineByKey answers an empty batch with an empty batch of all its partitions",
    "[dstream][combineByKey]")
{
    for (const std::size_t inputs : {0U, 1U, 3U}) {
        CAPTURE(inputs);
        const auto out =
            runBatches(Batches<Pair>{{}}, mean, {.partitions = inputs, .defaultPartitions = 5});
        REQUIRE(out.kept.size() == 1);
        CHECK(out.kept[0].empty());
        CHECK(out.kept[0].partitions().size() == 5);
    }
}

TEST_CASE("combineByKey has the partitions that were asked for", "[dstream][combineByKey]")
{
    const Batches<Pair> in{randomPairs(1, 100, 20)};
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
        CAPTURE(n);
        const auto out = runBatches(in, combineByKey(first, more, both, n));
        CHECK(out.kept[0].partitions().size() == n);
        CHECK(meansIn(out.kept[0]) == meansOf(in[0]));
    }
    CHECK_THROWS_AS(combineByKey(first, more, both, 0), sluice::InvalidArgument);
}

TEST_CASE("combineByKey agrees with a map however records are cut and tasks are ordered",
    "[dstream][combineByKey]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const auto name = static_cast<unsigned>(seed);
            const Batches<Pair> in{
                randomPairs(name, 1'000, 50), randomPairs(name + 10, 20'000, 5'000)};
            const auto out =
                runBatches(in, mean, {.partitions = n, .parallelism = n, .seed = seed});
            REQUIRE(out.kept.size() == 2);
            CHECK(meansIn(out.kept[0]) == meansOf(in[0]));
            CHECK(meansIn(out.kept[1]) == meansOf(in[1]));
        }
    }
}

TEST_CASE("reduceByKey is combineByKey with one function", "[dstream][combineByKey]")
{
    const auto itself = [](long value) { return value; };
    for (const unsigned seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> in{randomPairs(seed, 2'000, 300)};
        auto combined = runBatches(
            in, combineByKey(itself, std::plus<long>{}, std::plus<long>{}), {.partitions = 3});
        auto reduced = runBatches(in, sluice::reduceByKey(std::plus{}), {.partitions = 3});
        std::ranges::sort(combined.batches[0]);
        std::ranges::sort(reduced.batches[0]);
        CHECK(combined.batches == reduced.batches);
    }
}

TEST_CASE("a combiner may be of a type that would swallow any other", "[dstream][combineByKey]")
{
    const auto wrapped = combineByKey([](long value) { return std::any{value}; },
        [](const std::any& all, long value) { return std::any{std::any_cast<long>(all) + value}; },
        [](const std::any& a, const std::any& b) {
            return std::any{std::any_cast<long>(a) + std::any_cast<long>(b)};
        });
    STATIC_REQUIRE_FALSE(Accepts<decltype(wrapped), Pair>); // who knows what is in it
    const auto sets = combineByKey([](long value) { return std::set{value}; },
        [](std::set<long> all, long value) {
            all.insert(value);
            return all;
        },
        [](std::set<long> a, const std::set<long>& b) {
            a.insert(b.begin(), b.end());
            return a;
        });
    for (const std::size_t n : {1U, 3U}) {
        const auto out = runBatches(Batches<Pair>{{{"a", 1}, {"a", 2}, {"a", 1}}}, sets,
            {.partitions = n, .parallelism = n});
        CHECK(out.batches ==
              Batches<std::pair<std::string, std::set<long>>>{{{"a", std::set{1L, 2L}}}});
    }
}

TEST_CASE("the values of combineByKey may be views that only the functions see",
    "[dstream][combineByKey]")
{
    const auto byLength = sluice::flatMap(sluice::words) | sluice::map([](std::string_view word) {
        return std::pair{word.size(), word};
    });
    const auto longest = combineByKey([](std::string_view word) { return std::string{word}; },
        [](std::string kept, std::string_view word) {
            return word < kept ? std::string{word} : kept;
        },
        [](std::string a, const std::string& b) { return b < a ? b : a; });
    const Batches<std::string> in{{"b a ccc", "dd", "bb cc"}};
    for (const std::size_t n : {1U, 2U, 3U}) {
        auto out = runBatches(in, byLength | longest, {.partitions = n, .parallelism = n});
        std::ranges::sort(out.batches[0]);
        CHECK(out.batches ==
              Batches<std::pair<std::size_t, std::string>>{{{1, "a"}, {2, "bb"}, {3, "ccc"}}});
    }
}

TEST_CASE("a function of combineByKey that throws ends the run and says where",
    "[dstream][combineByKey][errors]")
{
    const auto run = [](const auto& pipeline, std::size_t parallelism) {
        return runBatches(Batches<Pair>{{{"x", 1}, {"x", 2}, {"x", 13}, {"x", 3}}}, pipeline,
            {.partitions = 2, .parallelism = parallelism});
    };
    const auto no = std::domain_error{"13!"};
    const auto fussyCreate = [no](long x) { return x == 1 ? throw no : Mean{1, x}; };
    const auto fussyMore = [no](Mean m, long x) { return x == 3 ? throw no : more(m, x); };
    const auto fussyBoth = [no](Mean, const Mean&) -> Mean { throw no; };
    const auto inCreate = run(combineByKey(fussyCreate, more, both, 1), 1);
    const auto inMore = run(combineByKey(first, fussyMore, both, 1), 1);
    const auto inBoth = run(combineByKey(first, more, fussyBoth, 1), 2);
    REQUIRE(inCreate.failure);
    CHECK(inCreate.failure->message ==
          "sluice: combineByKey failed in batch 1000 ms, partition 0, after 1 attempt: 13!");
    REQUIRE(inMore.failure);
    CHECK(inMore.failure->operatorName == "combineByKey");
    CHECK(inMore.failure->partition == 1);
    REQUIRE(inBoth.failure);
    CHECK(inBoth.failure->operatorName == "combineByKey");
    CHECK(inBoth.failure->partition == 0);
}

TEST_CASE("functions of combineByKey that throw at first succeed when tried again",
    "[dstream][combineByKey][errors]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto left = std::make_shared<int>(3);
        const auto shaky = [left](Mean m, long x) {
            if (*left > 0 && --*left >= 0) { throw std::runtime_error{"not yet"}; }
            return more(m, x);
        };
        const Batches<Pair> in{randomPairs(1, 200, 10), randomPairs(2, 200, 10)};
        const auto out = runBatches(in, combineByKey(first, shaky, both),
            {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
        CHECK_FALSE(out.failure);
        REQUIRE(out.kept.size() == 2);
        CHECK(meansIn(out.kept[0]) == meansOf(in[0]));
        CHECK(meansIn(out.kept[1]) == meansOf(in[1]));
    }
}

TEST_CASE(
    "combineByKey combines every record once on real threads", "[dstream][combineByKey][parallel]")
{
    constexpr std::size_t batches = 10;
    sluice::StreamingContext context{{.batchInterval = 2ms, .parallelism = 2}};
    sluice::BatchQueue<Pair> queue;
    std::vector<Means> expected;
    for (unsigned i = 0; i < batches; ++i) {
        const auto records = randomPairs(i, 10'000, 700);
        expected.push_back(meansOf(records));
        queue.pushPartitions(sluice::testing::detail::cutInto(records, 16));
    }
    std::vector<Means> seen;
    context.queueStream(queue) | mean |
        sluice::foreachBatch([&](const Batch<std::pair<std::string, Mean>>& batch) {
            if (seen.size() < batches) { seen.push_back(meansIn(batch)); }
            if (seen.size() == batches) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}
