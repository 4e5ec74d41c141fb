#include <sluice/dstream/dstream.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/dstream/union.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Batch, sluice::cache, sluice::count, sluice::DStream, sluice::filter, sluice::flatMap,
    sluice::foreachBatch, sluice::map, sluice::reduceByKey, sluice::words;
using sluice::testing::Batches, sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto plusOne = [](int x) { return x + 1; };
const auto wordCount = flatMap(words) | map([](std::string_view word) {
    return std::pair{word, 1L};
}) | reduceByKey(std::plus{});

// Narrow operators leave the type open, everything else closes the chain.
using Ints = DStream<int>;
using Chained = decltype(std::declval<Ints>() | map(plusOne));
static_assert(!std::same_as<Chained, Ints>);
static_assert(std::convertible_to<Chained, Ints>);
static_assert(!std::convertible_to<Ints, DStream<long>>);
static_assert(std::same_as<decltype(std::declval<Chained>() | cache()), Ints>);
static_assert(std::same_as<decltype(std::declval<Chained>() | count()), DStream<std::int64_t>>);
static_assert(std::is_void_v<decltype(std::declval<Chained>() | sluice::print())>);

/// A stream of ints on the test engine, and what comes out of the streams built on it.
class Bench {
public:
    explicit Bench(const Batches<int>& batches, std::size_t parallelism = 1)
        : engine_{sluice::Options{.parallelism = parallelism}}
    {
        for (const auto& records : batches) {
            queue_.push(records);
        }
        batches_ = batches.size();
    }

    [[nodiscard]] DStream<int> ints() { return sluice::queueStream(engine_.runtime(), queue_); }
    [[nodiscard]] TestEngine& engine() { return engine_; }

    /// Calls counted by the returned function, which passes everything.
    [[nodiscard]] static auto counting(int& calls)
    {
        return [&calls](int) {
            ++calls;
            return true;
        };
    }

    void run()
    {
        engine_.runtime().start();
        engine_.executor().run();
        for (std::size_t i = 0; i < batches_; ++i) {
            engine_.nextBatch();
        }
    }

private:
    TestEngine engine_;
    sluice::BatchQueue<int> queue_;
    std::size_t batches_;
};

/// An output that reads every record and adds them up.
auto sumInto(long& sum)
{
    return foreachBatch([&sum](const auto& batch) {
        for (const auto record : batch) {
            sum += record;
        }
    });
}

DStream<int> oddOnes(const DStream<int>& stream)
{
    return stream | filter(isOdd);
}
} // namespace

TEST_CASE("piping in a narrow operator creates no stage", "[dstream]")
{
    Bench bench{{}};
    const auto ints = bench.ints();
    const auto chained = ints | map(plusOne) | filter(isOdd) | map(plusOne);
    CHECK(chained.parent() == ints.parent());
}

TEST_CASE(
    "explain shows the stages of a word count, each chain fused with its terminal", "[dstream]")
{
    sluice::StreamingContext context{{.batchInterval = 1s}};
    const auto counts = context.queueStream(sluice::BatchQueue<std::string>{}) | wordCount;
    CHECK(counts.explain() == "stage 0: queueStream\n"
                              "stage 1: flatMap | map | combine  <- stage 0\n"
                              "stage 2: merge  <- stage 1\n");
    counts | sluice::print();
    CHECK(context.explain().starts_with("stage 0: queueStream\n"
                                        "stage 1: flatMap | map | combine  <- stage 0\n"
                                        "stage 2: merge  <- stage 1\n"
                                        "stage 3: print  <- stage 2\n"
                                        "plan "));
}

TEST_CASE("explain shows the chain that is still open", "[dstream]")
{
    Bench bench{{}};
    const auto ints = bench.ints();
    CHECK(ints.explain() == "stage 0: queueStream\n");
    CHECK((ints | filter(isOdd) | map(plusOne)).explain() ==
          "stage 0: queueStream\n"
          "open: filter | map | ...  <- stage 0\n");
}

TEST_CASE("a narrow chain and its terminal are one stage", "[dstream]")
{
    const auto chain = filter(isOdd) | map(plusOne) | map(plusOne);
    std::ostringstream out;
    Bench bench{{}};
    bench.ints() | chain | sluice::print(out);
    CHECK(bench.engine().runtime().explain().starts_with(
        "stage 0: queueStream\n"
        "stage 1: filter | map | map | print  <- stage 0\n"
        "plan "));
    Bench counted{{}};
    CHECK((counted.ints() | chain | count()).explain() ==
          "stage 0: queueStream\n"
          "stage 1: filter | map | map | count  <- stage 0\n"
          "stage 2: gather  <- stage 1\n");
}

TEST_CASE("a stream named in a signature gives what the open chain gives", "[dstream]")
{
    Bench bench{{{1, 2, 3}, {}, {4, 5}}};
    const auto ints = bench.ints();
    long named = 0;
    long open = 0;
    oddOnes(ints) | map(plusOne) | sumInto(named);
    ints | filter(isOdd) | map(plusOne) | sumInto(open);
    bench.run();
    CHECK(named == 2 + 4 + 6);
    CHECK(open == named);
}

TEST_CASE(
    "an open chain runs once for each consumer, a closed one once per batch", "[dstream][sharing]")
{
    const Batches<int> in{{1, 2, 3}, {4}};
    SECTION("open")
    {
        Bench bench{in};
        int calls = 0;
        long sum = 0;
        const auto open = bench.ints() | filter(Bench::counting(calls));
        for (int i = 0; i < 3; ++i) {
            open | sumInto(sum);
        }
        bench.run();
        CHECK(calls == 3 * 4);
        CHECK(sum == 3 * 10);
    }
    SECTION("erased")
    {
        Bench bench{in};
        int calls = 0;
        long sum = 0;
        const DStream<int> erased = bench.ints() | filter(Bench::counting(calls));
        for (int i = 0; i < 3; ++i) {
            erased | sumInto(sum);
        }
        erased | map(plusOne) | sumInto(sum);
        bench.run();
        CHECK(calls == 4);
        CHECK(sum == 3 * 10 + 14);
    }
    SECTION("cached")
    {
        Bench bench{in};
        int calls = 0;
        long sum = 0;
        const auto cached = bench.ints() | filter(Bench::counting(calls)) | cache();
        for (int i = 0; i < 3; ++i) {
            cached | map(plusOne) | sumInto(sum);
        }
        bench.run();
        CHECK(calls == 4);
        CHECK(sum == 3 * 14);
    }
    SECTION("behind a wide operator")
    {
        Bench bench{in};
        int calls = 0;
        long sum = 0;
        const auto counted = bench.ints() | filter(Bench::counting(calls)) | count();
        for (int i = 0; i < 3; ++i) {
            counted | sumInto(sum);
        }
        bench.run();
        CHECK(calls == 4);
        CHECK(sum == 3 * 4);
    }
}

TEST_CASE("two ways from one stream meet again in the same batch", "[dstream][sharing]")
{
    for (const std::size_t parallelism : {1U, 3U}) {
        Bench bench{{{1, 2, 3}, {}, {10}}, parallelism};
        int calls = 0;
        const DStream<int> top = bench.ints() | filter(Bench::counting(calls));
        const auto odd = top | filter(isOdd) | cache();
        const auto next = top | map(plusOne);
        std::vector<std::vector<int>> seen;
        const auto diamond = odd | sluice::union_(next);
        diamond | foreachBatch([&](const Batch<int>& batch) {
            seen.emplace_back(batch.begin(), batch.end());
        });
        long records = 0;
        diamond | count() | sumInto(records);
        bench.run();
        CHECK(seen == std::vector<std::vector<int>>{{1, 3, 2, 3, 4}, {}, {11}});
        CHECK(records == 6);
        CHECK(calls == 4);
    }
}

TEST_CASE("outputs see a batch in the order in which they were registered", "[dstream]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
        TestEngine engine{sluice::Options{}, seed};
        sluice::BatchQueue<int> queue{{1}, {2}};
        const auto ints = sluice::queueStream(engine.runtime(), queue);
        std::string order;
        const auto note = [&order](char name) {
            return foreachBatch([&order, name](const auto&) { order += name; });
        };
        ints | count() | note('a');
        ints | note('b');
        ints | map(plusOne) | note('c');
        engine.runtime().start();
        engine.executor().run();
        engine.nextBatch();
        engine.nextBatch();
        CHECK(order == "abcabc");
    }
}

TEST_CASE("one pipeline applies to several streams", "[dstream]")
{
    Bench bench{{{1, 2, 3}}};
    const auto pipeline = filter(isOdd) | map(plusOne) | count();
    long sum = 0;
    const auto ints = bench.ints();
    ints | pipeline | sumInto(sum);
    ints | map(plusOne) | pipeline | sumInto(sum);
    ints | (filter(isOdd) | sumInto(sum));
    bench.run();
    CHECK(sum == 2 + 1 + (1 + 3));
}

TEST_CASE("a stream needs a context that is new", "[dstream][errors]")
{
    Bench bench{{{1}}};
    const auto ints = bench.ints();
    long sum = 0;
    ints | sumInto(sum);
    bench.run();
    CHECK_THROWS_AS(ints | sumInto(sum), sluice::IllegalState);
    CHECK_THROWS_AS(ints | count(), sluice::IllegalState);
    CHECK_THROWS_AS(bench.ints(), sluice::IllegalState);
}

TEST_CASE("a function's state starts fresh in each task and attempt", "[dstream][errors]")
{
    const auto numbered = map([i = 0](int) mutable { return i++; });
    const Batches<int> in{{7, 7, 7}, {7, 7}};
    CHECK(sluice::testing::runBatches(in, numbered).batches == Batches<int>{{0, 1, 2}, {0, 1}});
    int failures = 2;
    const auto shaky = map([&failures, i = 0](int) mutable {
        if (i == 1 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
        return i++;
    });
    const auto out = sluice::testing::runBatches(in, shaky, {.maxTaskFailures = 3});
    CHECK_FALSE(out.failure);
    CHECK(out.batches == Batches<int>{{0, 1, 2}, {0, 1}});
}

TEST_CASE("shared stages are right on real threads", "[dstream][parallel]")
{
    constexpr std::size_t batches = 20;
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
    sluice::BatchQueue<int> queue;
    for (std::size_t i = 0; i < batches; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>(16, std::vector<int>(1'000, 1)));
    }
    const DStream<int> next = context.queueStream(queue) | map(plusOne);
    std::size_t seen = 0;
    long sum = 0;
    long records = 0;
    next | count() | sumInto(records);
    next | filter(isOdd) | sluice::union_(next) | sumInto(sum);
    next | foreachBatch([&](const Batch<int>&) {
        if (++seen == batches) { context.stop(sluice::Stop::now); }
    });
    context.start();
    context.awaitTermination();
    CHECK(records == 16'000 * static_cast<long>(batches));
    CHECK(sum == 2 * records);
}
