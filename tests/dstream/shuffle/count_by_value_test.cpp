#include <sluice/dstream/shuffle/count_by_value.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::countByValue, sluice::evaluate, sluice::flatMap, sluice::map;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};

// What countByValue takes and what it refuses, settled while compiling.
static_assert(Accepts<sluice::CountByValue<>, int>);
static_assert(Accepts<sluice::CountByValue<>, std::string_view>);
static_assert(Accepts<sluice::CountByValue<>, std::pair<std::string, int>>);
static_assert(!Accepts<sluice::CountByValue<>, Unhashed>);
static_assert(!Accepts<sluice::CountByValue<>, std::unique_ptr<int>>);
static_assert(!Accepts<sluice::CountByValue<>, std::pair<int, std::string_view>>);

/// Says so when a value comes twice.
template <class Records>
std::map<std::string, std::int64_t> countsIn(const Records& records)
{
    std::map<std::string, std::int64_t> counts;
    for (const auto& [value, count] : records) {
        if (!counts.emplace(value, count).second) { counts["twice"] = 1; }
    }
    return counts;
}
using Counts = std::map<std::string, std::int64_t>;
} // namespace

TEST_CASE("countByValue counts each distinct record", "[dstream][countByValue]")
{
    // [example]
    const std::vector<std::string> lines{"to be or", "not to be"};
    const auto counts = evaluate(flatMap(sluice::words) | countByValue(), lines);
    CHECK(countsIn(counts) == Counts{{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
    // [example]
    CHECK(countsIn(evaluate(countByValue(), std::vector<std::string>{})).empty());
}

TEST_CASE("countByValue is reduceByKey of ones, batch by batch, at any parallelism",
    "[dstream][countByValue][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto byHand = map([](std::string_view word) {
        return std::pair{word, std::int64_t{1}};
    }) | sluice::reduceByKey(std::plus{});
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<std::string> in{
            {random.text(), random.text(500), random.text()}, {}, {random.text()}};
        const sluice::testing::RunOptions options{.partitions = n, .parallelism = n, .seed = n};
        const auto words = flatMap([](std::string_view text) { return sluice::words(text); });
        const auto out = runBatches(in, words | countByValue(), options);
        const auto expected = runBatches(in, words | byHand, options);
        REQUIRE(out.kept.size() == in.size());
        for (std::size_t i = 0; i < in.size(); ++i) {
            CHECK(countsIn(out.kept[i]) == countsIn(expected.kept[i]));
        }
    }
}

TEST_CASE("countByValue has the partitions that were asked for, also in an empty batch",
    "[dstream][countByValue]")
{
    const auto out = runBatches(Batches<int>{{1, 2, 2}, {}}, countByValue(3));
    REQUIRE(out.kept.size() == 2);
    CHECK(out.kept[0].partitions().size() == 3);
    CHECK(out.kept[1].partitions().size() == 3);
    CHECK(out.batches[1].empty());
    CHECK(runBatches(Batches<int>{{1}}, countByValue(), {.defaultPartitions = 5})
              .kept[0]
              .partitions()
              .size() == 5);
    CHECK_THROWS_WITH(countByValue(0),
        "sluice: countByValue(partitions): 0 partitions given, must be 1 to 1048576");
}

TEST_CASE("a function that throws before countByValue ends the run under its own name",
    "[dstream][countByValue][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1}, {2, 13}}, fussy | countByValue());
    CHECK(out.batches == Batches<std::pair<int, std::int64_t>>{{{1, 1}}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
}

TEST_CASE("a task of countByValue that is tried again counts no record twice",
    "[dstream][countByValue][errors]")
{
    int failures = 2;
    const auto shaky = map([&failures](int x) {
        if (x == 2 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
        return 7;
    });
    const auto out =
        runBatches(Batches<int>{{1, 2, 3}}, shaky | countByValue(), {.maxTaskFailures = 4});
    CHECK(out.batches == Batches<std::pair<int, std::int64_t>>{{{7, 3}}});
}

TEST_CASE("calls of operator new for countByValue grow with the distinct records alone",
    "[dstream][countByValue][allocations]")
{
    const auto allocationsOf = [](std::size_t records) {
        sluice::testing::TestEngine engine{{}};
        sluice::BatchQueue<std::string> queue;
        queue.push(std::vector<std::string>(records, "a text of more than fifteen bytes"));
        sluice::queueStream(engine.runtime(), queue) | countByValue() |
            sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        return sluice::test::allocationsOf([&] { engine.nextBatch(); });
    };
    CHECK(allocationsOf(10'000) <= allocationsOf(100) + 2);
}
