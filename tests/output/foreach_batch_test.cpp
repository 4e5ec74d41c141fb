#include <sluice/output/foreach_batch.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::BatchQueue, sluice::foreachBatch, sluice::map;
using sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
constexpr auto takesInts = [](const Batch<int>&) {};
static_assert(Accepts<decltype(foreachBatch(takesInts)), int>);
static_assert(Accepts<decltype(foreachBatch([](Batch<int>) {})), int>);
static_assert(Accepts<decltype(foreachBatch([](const auto&) {})), std::string>);
static_assert(!Accepts<decltype(foreachBatch(takesInts)), long>);
static_assert(!Accepts<decltype(foreachBatch([](Batch<int>&) {})), int>); // would edit it

struct Bench {
    explicit Bench(BatchQueue<int> batches, sluice::Options options = {})
        : engine{std::move(options)}, queue{std::move(batches)}
    {
    }

    [[nodiscard]] auto ints() { return sluice::queueStream(engine.runtime(), queue); }

    void run(int batches)
    {
        engine.runtime().start();
        engine.executor().run();
        for (int i = 0; i < batches; ++i) {
            engine.nextBatch();
        }
    }

    TestEngine engine;
    BatchQueue<int> queue;
};
} // namespace

TEST_CASE(
    "foreachBatch is called once for each batch, also for empty ones", "[output][foreachBatch]")
{
    Bench bench{{{1, 2}, {}, {3}}};
    const auto ints = bench.ints();
    // [example]
    std::vector<std::vector<int>> seen;
    ints | foreachBatch(
               [&seen](const Batch<int>& batch) { seen.emplace_back(batch.begin(), batch.end()); });
    // [example]
    bench.run(4);
    CHECK(seen == std::vector<std::vector<int>>{{1, 2}, {}, {3}, {}});
}

TEST_CASE("foreachBatch sees the metadata of the batch", "[output][foreachBatch]")
{
    Bench bench{{{1, 2}, {}, {3}}, {.batchInterval = 250ms}};
    std::vector<sluice::BatchMetadata> seen;
    bench.ints() | sluice::filter([](int x) { return x > 1; }) |
        foreachBatch([&](const Batch<int>& batch) { seen.push_back(batch.metadata()); });
    bench.run(3);
    REQUIRE(seen.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(seen[i].index == i);
        CHECK(seen[i].time == sluice::Time{250ms * (static_cast<int>(i) + 1)});
        CHECK_FALSE(seen[i].watermark);
    }
    CHECK(seen[0].inputRecords == 2); // what came in, not what is left
    CHECK(seen[1].inputRecords == 0);
    CHECK(seen[2].inputRecords == 1);
}

TEST_CASE("a batch in foreachBatch is a range for views and knows its partitions",
    "[output][foreachBatch]")
{
    Bench bench{{}};
    bench.queue.pushPartitions(std::vector<std::vector<int>>{{1, 2}, {}, {3}});
    std::vector<std::size_t> sizes;
    std::vector<int> doubled;
    bench.ints() | foreachBatch([&](const Batch<int>& batch) {
        for (const auto& partition : batch.partitions()) {
            sizes.push_back(partition.size());
        }
        std::ranges::copy(batch | std::views::transform([](int x) { return 2 * x; }),
            std::back_inserter(doubled));
    });
    bench.run(1);
    CHECK(sizes == std::vector<std::size_t>{2, 0, 1});
    CHECK(doubled == std::vector{2, 4, 6});
}

TEST_CASE(
    "batches kept by foreachBatch can be read when the engine is gone", "[output][foreachBatch]")
{
    std::vector<Batch<std::pair<std::string_view, std::size_t>>> kept;
    {
        TestEngine engine{{.parallelism = 2}};
        BatchQueue<std::string> queue;
        for (int i = 0; i < 30; ++i) {
            queue.pushPartitions(std::vector<std::vector<std::string>>{
                {std::string(30, static_cast<char>('a' + i % 26)) + " b"}, {"c"}});
        }
        sluice::queueStream(engine.runtime(), queue) | sluice::flatMap(sluice::words) |
            map([](std::string_view word) {
                return std::pair{word, word.size()};
            }) |
            foreachBatch([&](const auto& batch) { kept.push_back(batch); });
        engine.runtime().start();
        engine.executor().run();
        for (int i = 0; i < 30; ++i) {
            engine.nextBatch();
        }
    }
    REQUIRE(kept.size() == 30);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const std::string letters(30, static_cast<char>('a' + i % 26));
        using Record = std::pair<std::string_view, std::size_t>;
        CHECK(std::ranges::equal(kept[i], std::vector<Record>{{letters, 30}, {"b", 1}, {"c", 1}}));
    }
}

TEST_CASE("foreachBatch hands over records that can only be moved", "[output][foreachBatch]")
{
    Bench bench{{{1, 2}}};
    int sum = 0;
    bench.ints() | map([](int x) { return std::make_unique<int>(x); }) |
        foreachBatch([&](const Batch<std::unique_ptr<int>>& batch) {
            for (const auto& box : batch) {
                sum += *box;
            }
        });
    bench.run(1);
    CHECK(sum == 3);
}

TEST_CASE(
    "a function of foreachBatch keeps its state from batch to batch", "[output][foreachBatch]")
{
    Bench bench{{{1}, {2}, {3}}};
    std::vector<int> totals;
    bench.ints() | foreachBatch([&totals, total = 0](const Batch<int>& batch) mutable {
        for (const int x : batch) {
            total += x;
        }
        totals.push_back(total);
    });
    bench.run(3);
    CHECK(totals == std::vector{1, 3, 6});
}

TEST_CASE("a throwing function of foreachBatch fails the batch and is not called again",
    "[output][foreachBatch][errors]")
{
    Bench bench{{{1}, {13}, {3}}, {.maxTaskFailures = 4}};
    int calls = 0;
    int others = 0;
    const auto ints = bench.ints();
    ints | foreachBatch([&](const Batch<int>& batch) {
        ++calls;
        if (*batch.begin() == 13) { throw std::domain_error{"13"}; }
    });
    ints | foreachBatch([&](const Batch<int>&) { ++others; });
    bench.run(3);
    CHECK(calls == 2);
    CHECK(others == 2); // the other output of the failed batch was committed
    CHECK_THROWS_WITH(bench.engine.runtime().awaitTermination(),
        "sluice: foreachBatch failed in batch 2000 ms, partition 0, after 1 attempt: 13");
}

TEST_CASE("foreachBatch is called for one batch at a time on real threads",
    "[output][foreachBatch][parallel]")
{
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    BatchQueue<int> queue;
    for (int i = 0; i < 50; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>(8, std::vector<int>(2'000, i)));
    }
    std::uint64_t next = 0;
    std::size_t wrong = 0;
    std::vector<Batch<int>> kept;
    context.queueStream(queue) | map([](int x) { return x + 1; }) |
        foreachBatch([&](const Batch<int>& batch) {
            if (batch.metadata().index != next++) { ++wrong; }
            if (kept.size() < 50) { kept.push_back(batch); }
            if (next == 50) { context.stop(sluice::Stop::graceful); }
        });
    context.start();
    context.awaitTermination();
    CHECK(wrong == 0);
    REQUIRE(kept.size() == 50);
    for (int i = 0; i < 50; ++i) {
        const auto& batch = kept[static_cast<std::size_t>(i)];
        CHECK(batch.size() == 16'000);
        CHECK(std::ranges::all_of(batch, [i](int x) { return x == i + 1; }));
    }
}
