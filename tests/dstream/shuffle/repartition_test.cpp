#include <sluice/dstream/shuffle/repartition.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::filter, sluice::map, sluice::repartition;
using sluice::test::Spy;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;

namespace {
// What repartition takes and what it refuses, settled while compiling.
static_assert(Accepts<sluice::Repartition, int>);
static_assert(Accepts<sluice::Repartition, std::string_view>);
static_assert(!Accepts<sluice::Repartition, std::unique_ptr<int>>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };

template <class Records>
auto sorted(const Records& records)
{
    std::vector<typename Records::value_type> all(records.begin(), records.end());
    std::ranges::sort(all);
    return all;
}
} // namespace

TEST_CASE("repartition of a finite range is the range", "[dstream][repartition]")
{
    CHECK(evaluate(repartition(3), {1, 2, 3, 4}) == std::vector{1, 2, 3, 4});
}

TEST_CASE("repartition deals the records out evenly", "[dstream][repartition]")
{
    // [example]
    const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5, 6}}, repartition(3));
    for (const auto& partition : out.kept.at(0).partitions()) {
        CHECK(partition.size() == 2);
    }
    // [example]
    CHECK(out.kept.at(0).partitions().size() == 3);
}

TEST_CASE("repartition keeps every record, in as many partitions as asked for, equally long",
    "[dstream][repartition][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t from : {0U, 1U, 2U, 3U, 8U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
            CAPTURE(from, n);
            const Batches<int> in{from == 0 ? std::vector<int>{} : random.numbers(), {}, {}};
            const sluice::testing::RunOptions options{.partitions = from, .parallelism = n};
            const auto plain = runBatches(in, repartition(n), options);
            const auto chained = runBatches(in, filter(isOdd) | repartition(n), options);
            REQUIRE(plain.kept.size() == in.size());
            for (std::size_t i = 0; i < in.size(); ++i) {
                CHECK(sorted(plain.batches[i]) == sorted(in[i]));
                CHECK(sorted(chained.batches[i]) == sorted(evaluate(filter(isOdd), in[i])));
                const auto& partitions = plain.kept[i].partitions();
                CHECK(partitions.size() == n);
                const auto [shortest, longest] = std::ranges::minmax(
                    partitions, {}, [](const auto& partition) { return partition.size(); });
                CHECK(longest.size() - shortest.size() <= 1);
            }
        }
    }
}

TEST_CASE(
    "repartition to 0 partitions is refused where it is written", "[dstream][repartition][errors]")
{
    CHECK_THROWS_WITH(
        repartition(0), "sluice: repartition(n): 0 partitions given, must be 1 to 1048576");
    CHECK_THROWS_WITH(repartition(static_cast<std::size_t>(-1)),
        "sluice: repartition(n): -1 partitions given, must be 1 to 1048576");
}

TEST_CASE("repartition copies the records of partitions that it puts together, and no others",
    "[dstream][repartition]")
{
    const auto copiesOf = [](std::vector<std::vector<int>> partitions, std::size_t n) {
        TestEngine engine{{}};
        sluice::BatchQueue<int> queue;
        queue.pushPartitions(std::move(partitions));
        std::size_t copies = 0;
        const auto spies = sluice::queueStream(engine.runtime(), queue) |
                           map([](int x) { return Spy{x}; }) | sluice::cache();
        spies | repartition(n) | map([&copies](const Spy& spy) {
            copies = Spy::copies;
            return spy.value;
        }) | sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        Spy::reset();
        engine.nextBatch();
        return copies;
    };
    CHECK(copiesOf({{1, 2, 3, 4}}, 2) == 0);
    CHECK(copiesOf({{1, 2}, {3, 4}}, 2) == 0);
    CHECK(copiesOf({{1, 2}, {3, 4}}, 1) == 4);
    CHECK(copiesOf({{1, 2, 3}, {4}}, 2) == 2);
}

TEST_CASE("views stay good through repartition, and their bytes where they are",
    "[dstream][repartition][dangling]")
{
    const Batches<std::string> in{{"to be or", "not " + std::string(40, 'x')}, {"short"}};
    const auto borrowed = sluice::flatMap(sluice::words);
    const auto unknown = sluice::flatMap([](std::string_view text) { return sluice::words(text); });
    const std::vector<std::string_view> expected{
        "be", "not", "or", "to", std::string_view{in[0][1]}.substr(4)};
    for (const std::size_t n : {1U, 2U, 3U}) {
        const auto kept = runBatches(in, borrowed | repartition(n), {.partitions = 2}).kept;
        CHECK(sorted(kept.at(0)) == expected);
        const auto copied =
            runBatches(in, unknown | repartition(n) | sluice::cache(), {.partitions = 2}).kept;
        CHECK(sorted(copied.at(0)) == expected);
        CHECK(sorted(copied.at(1)) == std::vector<std::string_view>{"short"});
    }
}

TEST_CASE("the elements of a map, whose keys are const, are spread too", "[dstream][repartition]")
{
    const auto both = sluice::flatMap([](int i) {
        return std::map<int, std::string>{{i, "a"}, {-i, "b"}};
    });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        const auto out =
            runBatches(Batches<int>{{1, 2, 3}}, both | repartition(n), {.partitions = 3});
        using Record = std::pair<const int, std::string>;
        CHECK(out.batches.at(0) ==
              std::vector<Record>{{-1, "b"}, {1, "a"}, {-2, "b"}, {2, "a"}, {-3, "b"}, {3, "a"}});
    }
}

TEST_CASE("a function that throws behind repartition names the new partition",
    "[dstream][repartition][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1, 2, 3, 13}}, repartition(4) | fussy);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
    CHECK(out.failure->partition == 3);
}

TEST_CASE("the number of partitions of repartition is part of the plan", "[dstream][repartition]")
{
    const auto planFor = [](std::size_t n) {
        TestEngine engine{{}};
        const auto source = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{});
        const sluice::DStream<int> spread = source | repartition(n);
        CHECK(spread.parent()->info().partitions == n);
        return sluice::engine::fingerprint({spread.parent()});
    };
    CHECK(planFor(2) == planFor(2));
    CHECK(planFor(2) != planFor(3));
}
