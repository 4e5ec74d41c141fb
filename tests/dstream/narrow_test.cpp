#include <sluice/dstream/detail/narrow_stage.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The narrow operators on streams: what their own tests say of finite ranges holds batch by batch
// and partition by partition.

using sluice::Batch, sluice::evaluate, sluice::filter, sluice::flatMap, sluice::map,
    sluice::mapValues;
using sluice::testing::Batches, sluice::testing::runBatches;
using namespace std::chrono_literals;

namespace {
constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto small = [](int x) { return x < 50; };
constexpr auto twice = [](int x) { return std::vector{x, -x}; };
constexpr auto plusOne = [](int x) { return x + 1; };
constexpr auto half = [](int x) { return x / 2; };

Batches<int> randomBatches(std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    Batches<int> batches(3);
    for (auto& batch : batches) {
        batch.resize(random() % 60);
        for (auto& record : batch) {
            record = static_cast<int>(random() % 100);
        }
    }
    batches.emplace_back();
    return batches;
}

/// What `pipeline` makes of `in` is the same however records are cut and tasks are ordered.
template <class Pipeline>
auto everyWay(const Batches<int>& in, const Pipeline& pipeline)
{
    const auto plain = runBatches(in, pipeline).batches;
    for (const std::size_t n : {2U, 3U, 8U}) {
        const auto cut = runBatches(in, pipeline, {.partitions = n, .parallelism = n, .seed = n});
        CHECK(cut.batches == plain);
        for (const auto& batch : cut.kept) {
            CHECK(batch.partitions().size() == n);
        }
    }
    return plain;
}
} // namespace

TEST_CASE("narrow operators keep order and partitions at any parallelism", "[dstream][narrow]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const auto in = randomBatches(seed);
        const auto chain = filter(isOdd) | flatMap(twice) | map(half);
        Batches<int> expected;
        for (const auto& batch : in) {
            expected.push_back(evaluate(chain, batch));
        }
        CHECK(everyWay(in, chain) == expected);
    }
}

TEST_CASE("the laws of narrow operators hold on streams", "[dstream][narrow]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const auto in = randomBatches(seed);
        const auto same = [&](const auto& one, const auto& other) {
            CHECK(everyWay(in, one) == everyWay(in, other));
        };
        same(map(plusOne) | map(half), map([](int x) { return half(plusOne(x)); }));
        same(filter(isOdd) | filter(small), filter([](int x) { return isOdd(x) && small(x); }));
        same(filter(isOdd) | filter(small), filter(small) | filter(isOdd));
        same(map(plusOne) | filter(isOdd),
            filter([](int x) { return isOdd(plusOne(x)); }) | map(plusOne));
        same(flatMap(twice) | map(plusOne), flatMap([](int x) {
            return std::vector{plusOne(x), plusOne(-x)};
        }));
        same(flatMap([](int x) { return std::views::single(x); }), sluice::Identity{});
    }
}

TEST_CASE("an empty batch stays one, with its partitions or without any", "[dstream][narrow]")
{
    const auto chain = map(plusOne) | filter(isOdd) | flatMap(twice);
    for (const std::size_t n : {0U, 1U, 3U}) {
        const auto out = runBatches(Batches<int>{{}}, chain, {.partitions = n});
        CHECK(out.batches == Batches<int>{{}});
        CHECK(out.kept[0].partitions().size() == n);
    }
    const auto nothing = runBatches(Batches<int>{{1, 2, 3}}, filter([](int) { return false; }));
    CHECK(nothing.batches == Batches<int>{{}});
}

TEST_CASE("a throwing function ends the run and says which operator, batch and partition",
    "[dstream][narrow][errors]")
{
    const Batches<int> in{{1, 2, 3}, {4, 5, 13}, {6}};
    const auto bad = [](int x) { return x == 13; };
    const auto fail = [](int) -> int { throw std::domain_error{"13!"}; };
    const auto check = [&](const auto& chain, const std::string& name) {
        CAPTURE(name);
        const auto out = runBatches(in, chain, {.partitions = 3});
        CHECK(out.batches.size() == 1);
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == name);
        CHECK(out.failure->batchIndex == 1);
        CHECK(out.failure->partition == 2);
        CHECK(out.failure->message ==
              "sluice: " + name + " failed in batch 2000 ms, partition 2, after 1 attempt: 13!");
    };
    check(map([=](int x) { return bad(x) ? fail(x) : x; }) | filter(isOdd), "map");
    check(map(half) | filter([=](int x) { return x == 6 ? fail(x) != 0 : true; }) | map(half),
        "filter");
    check(flatMap([=](int x) { return std::vector{bad(x) ? fail(x) : x}; }), "flatMap");
    check(flatMap([=](int x) {
        return std::views::iota(0, 1) |
               std::views::transform([=](int y) { return bad(x) ? fail(x) : y; });
    }) | map(plusOne),
        "flatMap"); // thrown while the lazy view is walked
    check(map([](int x) {
        return std::pair{x, x};
    }) | mapValues([=](int x) { return bad(x) ? fail(x) : x; }),
        "mapValues");
}

TEST_CASE("a function that throws something else than an exception is reported too",
    "[dstream][narrow][errors]")
{
    const auto out = runBatches(Batches<int>{{1}}, map([](int x) { return x == 1 ? throw 7 : x; }));
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
    CHECK(out.failure->message ==
          "sluice: map failed in batch 1000 ms, partition 0, after 1 attempt: unknown exception");
}

TEST_CASE("a task is tried as often as it may fail, and its records appear once",
    "[dstream][narrow][errors]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        for (const unsigned failures : {1U, 2U, 3U, 4U}) {
            CAPTURE(n, failures);
            unsigned left = failures;
            unsigned calls = 0;
            const auto shaky = map([&](int x) {
                if (x == 5) {
                    ++calls;
                    if (left > 0) {
                        --left;
                        throw std::runtime_error{"not yet"};
                    }
                }
                return x;
            });
            const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5, 6, 7, 8}},
                shaky | flatMap(twice), {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
            CHECK(out.failure.has_value() == (failures == 4));
            CHECK(calls == std::min(failures + 1, 4U));
            if (failures < 4) {
                CHECK(out.batches ==
                      Batches<int>{{1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8}});
            }
        }
    }
}

TEST_CASE(
    "functions may return standard ranges and range-v3 ranges, owning or not", "[dstream][narrow]")
{
    const Batches<int> in{{3, 1}};
    const Batches<int> expected{{0, 1, 2, 0}};
    CHECK(everyWay(in, flatMap([](int n) { return std::views::iota(0, n); })) == expected);
    CHECK(everyWay(in, flatMap([](int n) {
        return ranges::views::ints(0, n) | ranges::views::transform([](int x) { return x; });
    })) == expected);
    CHECK(everyWay(in, flatMap([](int n) {
        return ranges::views::ints(0, n) | ranges::to<std::vector>();
    })) == expected);
}

TEST_CASE("a chain of many steps is right on real threads", "[dstream][narrow][parallel]")
{
    constexpr std::size_t batches = 20;
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    sluice::BatchQueue<int> queue;
    std::vector<std::vector<int>> expected;
    const auto chain = map(plusOne) | filter(isOdd) | flatMap(twice) | map(half) | filter(small);
    for (std::size_t i = 0; i < batches; ++i) {
        std::vector<int> records(20'000, static_cast<int>(i));
        for (std::size_t k = 0; k < records.size(); ++k) {
            records[k] += static_cast<int>(k % 7);
        }
        expected.push_back(evaluate(chain, records));
        queue.pushPartitions(sluice::testing::detail::cutInto(records, 16));
    }
    std::vector<std::vector<int>> seen;
    context.queueStream(queue) | chain | sluice::foreachBatch([&](const Batch<int>& batch) {
        if (seen.size() < batches) { seen.emplace_back(batch.begin(), batch.end()); }
        if (seen.size() == batches) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}

TEST_CASE("a function that fails now and then on real threads loses nothing",
    "[dstream][narrow][errors][parallel]")
{
    constexpr std::size_t batches = 10;
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    sluice::BatchQueue<int> queue;
    for (std::size_t i = 0; i < batches; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>(16, std::vector<int>(1'000, 1)));
    }
    std::atomic<unsigned> calls{0};
    const auto shaky = map([&calls](int x) {
        if (++calls % 20'011 == 0) { throw std::runtime_error{"now and then"}; }
        return x;
    });
    std::vector<std::size_t> seen;
    context.queueStream(queue) | shaky | sluice::foreachBatch([&](const Batch<int>& batch) {
        if (seen.size() < batches) { seen.push_back(batch.size()); }
        if (seen.size() == batches) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    CHECK(seen == std::vector<std::size_t>(batches, 16'000));
}
