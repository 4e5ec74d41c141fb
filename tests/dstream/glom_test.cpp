#include <sluice/dstream/glom.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::flatMap, sluice::glom, sluice::map;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
using Glom = sluice::Glom;

// What glom takes and what it refuses, settled while compiling.
static_assert(Accepts<Glom, int>);
static_assert(Accepts<Glom, std::string_view>);
static_assert(!Accepts<Glom, std::unique_ptr<int>>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
const auto sizes = map([](const std::vector<int>& records) { return records.size(); });
} // namespace

TEST_CASE("glom of a finite range is one vector with all of it", "[dstream][glom]")
{
    // [example]
    const auto all = evaluate(filter([](int x) { return x > 1; }) | glom(), {1, 2, 3});
    CHECK(all == std::vector<std::vector<int>>{{2, 3}});
    // [example]
}

TEST_CASE("glom gives one record for each partition, empty ones among them", "[dstream][glom]")
{
    const auto out = runBatches(
        Batches<int>{{1, 2, 3, 4, 5, 6, 8}, {}}, filter(isOdd) | glom(), {.partitions = 3});
    REQUIRE(out.batches.size() == 2);
    CHECK(out.batches[0] == std::vector<std::vector<int>>{{1}, {3}, {5}});
    CHECK(out.batches[1] == std::vector<std::vector<int>>(3));
    CHECK(out.kept[0].partitions().size() == 3);
}

TEST_CASE("glom of a batch without partitions gives no record", "[dstream][glom]")
{
    const auto out = runBatches(Batches<int>{{}}, glom() | sizes, {.partitions = 0});
    REQUIRE(out.kept.size() == 1);
    CHECK(out.batches[0].empty());
    CHECK(out.kept[0].partitions().empty());
}

TEST_CASE("flattening what glom made gives the same records at any parallelism",
    "[dstream][glom][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto flatten = flatMap([](const std::vector<int>& records) { return records; });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<int> in{random.numbers(), random.numbers(), {}};
        const sluice::testing::RunOptions options{.partitions = n, .parallelism = n};
        CHECK(runBatches(in, glom() | flatten, options).batches == in);
        CHECK(runBatches(in, filter(isOdd) | glom() | flatten, options).batches ==
              runBatches(in, filter(isOdd), options).batches);
    }
}

TEST_CASE("views in what glom made stay good, whether they borrow or were copied",
    "[dstream][glom][dangling]")
{
    const Batches<std::string> in{{"to be or", std::string(40, 'x') + " y"}, {"", "short"}};
    const Batches<std::vector<std::string_view>> expected{
        {{"to", "be", "or"}, {std::string_view{in[0][1]}.substr(0, 40), "y"}}, {{}, {"short"}}};
    const auto unknown = flatMap([](std::string_view text) { return sluice::words(text); });
    for (const std::size_t parallelism : {1U, 2U}) {
        const sluice::testing::RunOptions options{.partitions = 2, .parallelism = parallelism};
        // The results are compared once the engine, and all but the kept batches, are gone.
        const auto borrowed = runBatches(in, flatMap(sluice::words) | glom(), options);
        CHECK(borrowed.batches == expected);
        const auto copied = runBatches(in, unknown | glom() | sluice::cache(), options);
        CHECK(copied.batches == expected);
    }

    const auto buffered = map([buffer = std::string{}](int x) mutable {
        buffer = std::to_string(x);
        return std::string_view{buffer};
    });
    const auto joined = map([](const std::vector<std::string_view>& texts) {
        std::string all;
        for (const auto text : texts) {
            all += text;
        }
        return all;
    });
    CHECK(evaluate(buffered | glom() | joined, {1, 2, 3}) == std::vector<std::string>{"123"});
}

TEST_CASE(
    "a function that throws before glom ends the run under its own name", "[dstream][glom][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1}, {2, 3, 13}}, fussy | glom(), {.partitions = 3});
    CHECK(out.batches.size() == 1);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
    CHECK(out.failure->partition == 2);
}

TEST_CASE("a glommed task that is tried again keeps no record twice", "[dstream][glom][errors]")
{
    int failures = 2;
    const auto shaky = map([&failures](int x) {
        if (x == 2 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
        return x;
    });
    const auto out =
        runBatches(Batches<int>{{1, 2}, {3}}, shaky | glom() | sizes, {.maxTaskFailures = 4});
    CHECK_FALSE(out.failure);
    CHECK(out.batches == Batches<std::size_t>{{2}, {1}});
}

TEST_CASE("the plan says what glom fuses", "[dstream][glom]")
{
    sluice::testing::TestEngine engine{{}};
    const auto source = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{});
    CHECK((source | filter(isOdd) | glom()).explain() == "stage 0: queueStream\n"
                                                         "stage 1: filter | glom  <- stage 0\n");
}
