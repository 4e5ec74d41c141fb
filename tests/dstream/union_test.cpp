#include <sluice/dstream/union.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::BatchQueue, sluice::DStream, sluice::filter,
    sluice::foreachBatch, sluice::map, sluice::queueStream, sluice::union_;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
using Ints = DStream<int>;
using OfInts = decltype(union_(std::declval<Ints>()));
static_assert(Accepts<OfInts, int>);
static_assert(!Accepts<OfInts, long>);
static_assert(!Accepts<OfInts, std::string>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto negated = [](int x) { return -x; };

/// Runs what `build` makes of two streams of ints.
template <class Build>
std::vector<Batch<int>> runTwo(const std::vector<std::vector<std::vector<int>>>& first,
    const std::vector<std::vector<std::vector<int>>>& second, Build build, std::uint64_t seed = 0)
{
    TestEngine engine{{}, seed};
    BatchQueue<int> a;
    BatchQueue<int> b;
    for (const auto& partitions : first) {
        a.pushPartitions(partitions);
    }
    for (const auto& partitions : second) {
        b.pushPartitions(partitions);
    }
    std::vector<Batch<int>> seen;
    build(sluice::queueStream(engine.runtime(), a), sluice::queueStream(engine.runtime(), b)) |
        foreachBatch([&](const Batch<int>& batch) { seen.push_back(batch); });
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        engine.nextBatch();
    }
    return seen;
}

std::vector<int> recordsOf(const Batch<int>& batch)
{
    return {batch.begin(), batch.end()};
}
} // namespace

TEST_CASE("union_ has the records of all its streams", "[dstream][union_]")
{
    TestEngine engine{{}};
    sluice::engine::Runtime& context = engine.runtime();
    std::vector<int> records;
    // [example]
    const auto web = queueStream(context, BatchQueue<int>{{1, 2}});
    const auto shop = queueStream(context, BatchQueue<int>{{2}});
    const auto phone = queueStream(context, BatchQueue<int>{{5}});
    web | union_(shop, phone) | foreachBatch([&](const Batch<int>& orders) {
        records.assign(orders.begin(), orders.end()); // 1 2 2 5
    });
    // [example]
    context.start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(records == std::vector{1, 2, 2, 5});
}

TEST_CASE("union_ lists the partitions of the first stream, then those of the second",
    "[dstream][union_]")
{
    const auto seen = runTwo({{{1, 2}, {3}}}, {{{3, 4}, {}, {5}}},
        [](const Ints& a, const Ints& b) { return a | union_(b); });
    REQUIRE(seen.size() == 1);
    CHECK(recordsOf(seen[0]) == std::vector{1, 2, 3, 3, 4, 5});
    CHECK(seen[0].partitions().size() == 5);
}

TEST_CASE("union_ moves and copies no record", "[dstream][union_]")
{
    TestEngine engine{{}};
    BatchQueue<int> queue;
    queue.push({1, 2});
    const auto ints = sluice::queueStream(engine.runtime(), queue);
    std::vector<const int*> places;
    const auto note = foreachBatch([&](const Batch<int>& batch) {
        for (const auto& part : batch.partitions()) {
            places.push_back(part.records().data());
        }
    });
    ints | note;
    ints | union_(ints) | note;
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    REQUIRE(places.size() == 3);
    CHECK(places[1] == places[0]);
    CHECK(places[2] == places[0]);
}

TEST_CASE("union_ of empty batches is what is there", "[dstream][union_]")
{
    const auto seen = runTwo({{}, {{}}, {{1}}}, {{}, {{2}}, {}},
        [](const Ints& a, const Ints& b) { return a | union_(b); });
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].partitions().empty());
    CHECK(recordsOf(seen[1]) == std::vector{2});
    CHECK(seen[1].partitions().size() == 2);
    CHECK(recordsOf(seen[2]) == std::vector{1});
}

TEST_CASE("union_ takes any number of streams, open chains among them", "[dstream][union_]")
{
    const auto seen = runTwo({{{1, 2}}}, {{{3}}}, [](const Ints& a, const Ints& b) {
        return a | filter(isOdd) | union_(b, a | map(negated), a, b | map(negated));
    });
    CHECK(recordsOf(seen.at(0)) == std::vector{1, 3, -1, -2, 1, 2, -3});
}

TEST_CASE("a stream can be united with itself", "[dstream][union_]")
{
    const auto seen =
        runTwo({{{1, 2}}}, {}, [](const Ints& a, const Ints&) { return a | union_(a, a); });
    CHECK(recordsOf(seen.at(0)) == std::vector{1, 2, 1, 2, 1, 2});
}

TEST_CASE("union_ is associative, and narrow operators pass through it", "[dstream][union_]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        std::mt19937_64 random{seed};
        std::vector<std::vector<std::vector<int>>> in[2];
        for (auto& side : in) {
            for (int i = 0; i < 2; ++i) {
                side.emplace_back(1 + random() % 3);
                for (auto& partition : side.back()) {
                    partition.assign(random() % 5, static_cast<int>(random() % 9));
                }
            }
        }
        const auto run = [&](auto build) {
            std::vector<std::vector<int>> records;
            for (const auto& batch : runTwo(in[0], in[1], build, seed)) {
                records.push_back(recordsOf(batch));
            }
            return records;
        };
        CHECK(run([](const Ints& a, const Ints& b) { return a | union_(b) | union_(a); }) ==
              run([](const Ints& a, const Ints& b) { return a | union_(b | union_(a)); }));
        CHECK(run([](const Ints& a, const Ints& b) { return a | union_(b) | map(negated); }) ==
              run([](const Ints& a, const Ints& b) {
                  return a | map(negated) | union_(b | map(negated));
              }));
    }
}

TEST_CASE("union_ refuses a stream of another context", "[dstream][union_][errors]")
{
    TestEngine one{{}};
    TestEngine other{{}};
    const auto a = sluice::queueStream(one.runtime(), BatchQueue<int>{});
    const auto b = sluice::queueStream(other.runtime(), BatchQueue<int>{});
    CHECK_THROWS_AS(a | union_(b), sluice::InvalidArgument);
}

TEST_CASE("a failure on one side of a union fails the union and spares the other side",
    "[dstream][union_][errors]")
{
    TestEngine engine{{.maxTaskFailures = 2}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{{1, 13}});
    const auto fussy =
        ints | map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    int united = 0;
    int spared = 0;
    ints | union_(fussy) | foreachBatch([&](const Batch<int>&) { ++united; });
    ints | foreachBatch([&](const Batch<int>&) { ++spared; });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(united == 0);
    CHECK(spared == 1);
    CHECK_THROWS_WITH(engine.runtime().awaitTermination(),
        "sluice: map failed in batch 1000 ms, partition 0, after 2 attempts: 13");
}
