#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::evaluate, sluice::flatMap, sluice::map,
    sluice::reduceByKey, sluice::words;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
using Pair = std::pair<std::string, long>;
using Counts = std::map<std::string, long>;

constexpr auto one = [](std::string_view word) { return std::pair{word, 1L}; };
const auto sumByKey = reduceByKey(std::plus{});
const auto wordCount = flatMap(words) | map(one) | sumByKey;

struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};
using Views = std::pair<std::string_view, std::string_view>;

// What reduceByKey takes and what it refuses, settled while compiling.
using Sum = decltype(reduceByKey(std::plus{}));
static_assert(Accepts<Sum, std::pair<std::string, long>>);
static_assert(Accepts<Sum, std::pair<std::string_view, short>>);
static_assert(Accepts<Sum, std::pair<std::tuple<int, std::string>, double>>);
static_assert(!Accepts<Sum, int>);
static_assert(!Accepts<Sum, std::tuple<int, int, int>>);
static_assert(!Accepts<Sum, std::pair<Unhashed, int>>);
static_assert(!Accepts<Sum, std::pair<int, Unhashed>>);
static_assert(!Accepts<Sum, std::pair<int, std::string_view>>);
static_assert(!Accepts<decltype(reduceByKey([](long, long) {})), Pair>);
static_assert(!Accepts<decltype(reduceByKey([](const auto& a, const auto&) { return *a; })),
              std::pair<int, std::unique_ptr<int>>>);

/// The oracle: values of each key added up; says so when a key comes twice.
template <class Records>
Counts countsIn(const Records& records)
{
    Counts counts;
    for (const auto& [key, value] : records) {
        if (!counts.emplace(key, value).second) { counts["twice: " + std::string{key}] = value; }
    }
    return counts;
}

Counts summed(const std::vector<Pair>& records)
{
    Counts counts;
    for (const auto& [key, value] : records) {
        counts[key] += value;
    }
    return counts;
}

std::vector<Pair> randomPairs(unsigned seed, std::size_t count, std::size_t keys)
{
    std::mt19937 random{seed};
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = random() % keys;
        // Short keys live in the table's slots, long ones beside them.
        auto text = std::to_string(key) + (key % 3 == 0 ? "-a key of more than fifteen bytes" : "");
        pairs.emplace_back(std::move(text), static_cast<long>(random() % 1000));
    }
    return pairs;
}
} // namespace

TEST_CASE("the number of partitions of reduceByKey is part of the plan's fingerprint",
    "[dstream][reduceByKey]")
{
    const auto planFor = [](std::size_t byDefault, std::optional<std::size_t> given) {
        sluice::testing::TestEngine engine{{.defaultPartitions = byDefault}};
        const sluice::BatchQueue<Pair> queue;
        const sluice::DStream<Pair> counts =
            given ? queueStream(engine.runtime(), queue) | reduceByKey(std::plus{}, *given)
                  : queueStream(engine.runtime(), queue) | reduceByKey(std::plus{});
        CHECK(counts.parent()->info().partitions == given.value_or(byDefault));
        return sluice::engine::fingerprint({counts.parent()});
    };
    CHECK(planFor(4, {}) == planFor(4, {}));
    CHECK(planFor(4, {}) != planFor(5, {}));
    CHECK(planFor(4, 5) == planFor(5, {}));
    CHECK(planFor(4, 5) == planFor(8, 5));
}

TEST_CASE("reduceByKey gives one record for each distinct key", "[dstream][reduceByKey]")
{
    // [example]
    std::vector<std::string> lines{"to be or", "not to be"};
    auto counts = evaluate(flatMap(words) | map(one) | reduceByKey(std::plus{}), lines);
    CHECK(countsIn(counts) == Counts{{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
    // [example]
}

TEST_CASE("reduceByKey reduces each batch on its own", "[dstream][reduceByKey]")
{
    const auto out = runBatches(Batches<std::string>{{"a b a", "c"}, {}, {"a"}}, wordCount);
    REQUIRE(out.batches.size() == 3);
    CHECK(countsIn(out.batches[0]) == Counts{{"a", 2}, {"b", 1}, {"c", 1}});
    CHECK(countsIn(out.batches[1]).empty());
    CHECK(countsIn(out.batches[2]) == Counts{{"a", 1}});
}

TEST_CASE("reduceByKey answers an empty batch with an empty batch of all its partitions",
    "[dstream][reduceByKey]")
{
    for (const std::size_t inputs : {0U, 1U, 3U}) {
        CAPTURE(inputs);
        const auto out = runBatches(
            Batches<std::string>{{}}, wordCount, {.partitions = inputs, .defaultPartitions = 5});
        REQUIRE(out.kept.size() == 1);
        CHECK(out.kept[0].empty());
        CHECK(out.kept[0].partitions().size() == 5);
    }
}

TEST_CASE("reduceByKey has the partitions that were asked for", "[dstream][reduceByKey]")
{
    const Batches<std::string> in{{"a b c d e f g h"}};
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto given = runBatches(in, map(one) | reduceByKey(std::plus{}, n));
        CHECK(given.kept[0].partitions().size() == n);
        const auto byDefault = runBatches(in, map(one) | sumByKey, {.defaultPartitions = n});
        CHECK(byDefault.kept[0].partitions().size() == n);
    }
    CHECK_THROWS_AS(reduceByKey(std::plus{}, 0), sluice::InvalidArgument);
}

TEST_CASE("a key lives in the same partition in every batch and at any parallelism",
    "[dstream][reduceByKey]")
{
    std::map<std::string, std::size_t> places;
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        const auto out = runBatches(Batches<Pair>{randomPairs(1, 300, 60), randomPairs(2, 300, 60)},
            sumByKey, {.partitions = n, .parallelism = n});
        for (const auto& batch : out.kept) {
            for (std::size_t i = 0; i < batch.partitions().size(); ++i) {
                for (const auto& record : batch.partitions()[i]) {
                    CHECK(places.emplace(record.first, i).first->second == i);
                }
            }
        }
    }
    std::set<std::size_t> used;
    for (const auto& [key, place] : places) {
        used.insert(place);
    }
    CHECK(used.size() == 4);
}

TEST_CASE("reduceByKey agrees with a map however records are cut and tasks are ordered",
    "[dstream][reduceByKey]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            const auto name = static_cast<unsigned>(seed);
            const Batches<Pair> in{
                randomPairs(name, 1'000, 50), randomPairs(name + 10, 30'000, 5'000)};
            const auto out =
                runBatches(in, sumByKey, {.partitions = n, .parallelism = n, .seed = seed});
            REQUIRE(out.batches.size() == 2);
            CHECK(countsIn(out.batches[0]) == summed(in[0]));
            CHECK(countsIn(out.batches[1]) == summed(in[1]));
        }
    }
}

TEST_CASE("reducing the parts and then the whole is reducing the whole", "[dstream][reduceByKey]")
{
    for (const auto seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> in{randomPairs(seed, 500, 40)};
        const auto once = runBatches(in, sumByKey, {.partitions = 3});
        const auto twice =
            runBatches(in, sumByKey | reduceByKey(std::plus{}, 3), {.partitions = 3});
        CHECK(countsIn(once.batches[0]) == countsIn(twice.batches[0]));
    }
}

TEST_CASE("filtering keys commutes with reduceByKey", "[dstream][reduceByKey]")
{
    const auto chosen = sluice::filter([](const Pair& pair) { return pair.first.size() < 4; });
    for (const auto seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> in{randomPairs(seed, 500, 400)};
        CHECK(countsIn(runBatches(in, chosen | sumByKey, {.partitions = 2}).batches[0]) ==
              countsIn(runBatches(in, sumByKey | chosen, {.partitions = 2}).batches[0]));
    }
}

TEST_CASE("reduceByKey takes functions with state and values of any copyable type",
    "[dstream][reduceByKey]")
{
    const std::string separator = "+";
    const auto joined = reduceByKey([separator](std::string a, const std::string& b) {
        return a < b ? a + separator + b : b + separator + a;
    });
    using Text = std::pair<int, std::string>;
    const Batches<Text> in{{{1, "a"}, {2, "c"}, {1, "b"}}};
    for (const std::size_t n : {1U, 3U}) {
        auto records = runBatches(in, joined, {.partitions = n}).batches[0];
        std::ranges::sort(records);
        CHECK(records == std::vector<Text>{{1, "a+b"}, {2, "c"}});
    }
    using Tiny = std::pair<char, short>;
    CHECK(runBatches(Batches<Tiny>{{{'x', short{3}}, {'x', short{4}}}}, sumByKey).batches ==
          Batches<Tiny>{{{'x', short{7}}}});
}

TEST_CASE("a number of partitions that no batch can have is refused by the operator's name",
    "[dstream][reduceByKey][errors]")
{
    for (const auto& [given, shown] : {std::pair{0L, "0"}, {-1L, "-1"}, {1'048'577L, "1048577"}}) {
        CHECK_THROWS_WITH(reduceByKey(std::plus{}, static_cast<std::size_t>(given)),
            "sluice: reduceByKey(function, partitions): " + std::string{shown} +
                " partitions given, must be 1 to 1048576");
    }
    CHECK_NOTHROW(reduceByKey(std::plus{}, 1'048'576));
}

TEST_CASE("a throwing reducer ends the run and says where", "[dstream][reduceByKey][errors]")
{
    const auto fussy = reduceByKey(
        [](long a, long b) { return b == 13 ? throw std::domain_error{"13!"} : a + b; });
    const Batches<Pair> in{{{"a", 1}}, {{"x", 1}, {"y", 1}, {"x", 1}, {"y", 13}}, {{"b", 1}}};
    const auto out = runBatches(in, fussy, {.partitions = 2});
    CHECK(out.batches.size() == 1);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "reduceByKey");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 1);
    CHECK(out.failure->message ==
          "sluice: reduceByKey failed in batch 2000 ms, partition 1, after 1 attempt: 13!");
}

TEST_CASE("a reducer that throws behind the shuffle names the partition of the result",
    "[dstream][reduceByKey][errors]")
{
    // Each task sees each key once, so that only the merge has two values to reduce.
    const auto fussy = reduceByKey([](long, long) -> long { throw std::domain_error{"no"}; }, 1);
    const auto out =
        runBatches(Batches<Pair>{{{"a", 1}, {"a", 2}}}, fussy, {.partitions = 2, .parallelism = 2});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "reduceByKey");
    CHECK(out.failure->partition == 0);
}

TEST_CASE("a reducer that throws at first succeeds when its task is tried again",
    "[dstream][reduceByKey][errors]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        for (const int failures : {1, 2, 3}) {
            CAPTURE(n, failures);
            const auto left = std::make_shared<int>(failures);
            const auto shaky = reduceByKey([left](long a, long b) {
                if (*left > 0 && --*left >= 0) { throw std::runtime_error{"not yet"}; }
                return a + b;
            });
            const Batches<Pair> in{randomPairs(1, 200, 10), randomPairs(2, 200, 10)};
            const auto out =
                runBatches(in, shaky, {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
            CHECK_FALSE(out.failure);
            REQUIRE(out.batches.size() == 2);
            CHECK(countsIn(out.batches[0]) == summed(in[0]));
            CHECK(countsIn(out.batches[1]) == summed(in[1]));
        }
    }
}

TEST_CASE("batches after a failed one are right when the context proceeds",
    "[dstream][reduceByKey][errors]")
{
    const auto fussy =
        reduceByKey([](long a, long b) { return b == 13 ? throw std::domain_error{"13"} : a + b; });
    const Batches<Pair> in{{{"a", 1}, {"a", 13}}, {{"a", 1}, {"b", 2}, {"a", 3}}};
    const auto out = runBatches(in, fussy, {.onBatchFailure = sluice::OnBatchFailure::proceed});
    REQUIRE(out.batches.size() == 1);
    CHECK(countsIn(out.batches[0]) == Counts{{"a", 4}, {"b", 2}});
}

TEST_CASE("the keys of kept batches outlive the batches they came from", "[dstream][reduceByKey]")
{
    Batches<std::string> in;
    for (int i = 0; i < 20; ++i) {
        in.push_back({"short " + std::string(40, static_cast<char>('a' + i)), "short"});
    }
    for (const std::size_t n : {1U, 3U}) {
        const auto out = runBatches(in, wordCount, {.partitions = n, .parallelism = n});
        REQUIRE(out.kept.size() == 20);
        for (int i = 0; i < 20; ++i) {
            CHECK(countsIn(out.kept[static_cast<std::size_t>(i)]) ==
                  Counts{{std::string(40, static_cast<char>('a' + i)), 1}, {"short", 2}});
        }
    }
}

TEST_CASE(
    "reduceByKey counts every record once on real threads", "[dstream][reduceByKey][parallel]")
{
    constexpr std::size_t batches = 10;
    sluice::StreamingContext context{{.batchInterval = 2ms, .parallelism = 2}};
    sluice::BatchQueue<Pair> queue;
    std::vector<Counts> expected;
    for (unsigned i = 0; i < batches; ++i) {
        const auto records = randomPairs(i, 20'000, 700);
        expected.push_back(summed(records));
        queue.pushPartitions(sluice::testing::detail::cutInto(records, 16));
    }
    std::vector<Counts> seen;
    context.queueStream(queue) | sumByKey | sluice::foreachBatch([&](const Batch<Pair>& batch) {
        if (seen.size() < batches) { seen.push_back(countsIn(batch)); }
        if (seen.size() == batches) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}
