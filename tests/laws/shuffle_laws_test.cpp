#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/swap.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>

#include "laws/laws_support.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

// The laws of grouping and reducing by key, on random streams of pairs.

using sluice::DStream, sluice::groupByKey, sluice::mapValues, sluice::reduceByKey;
using sluice::test::Any, sluice::test::bags, sluice::test::cutAtRandom, sluice::test::forAll;
using sluice::test::randomStream, sluice::test::recordsOf, sluice::test::run;
using sluice::testing::Batches, sluice::testing::Random;

namespace {
using Pair = std::pair<int, int>;
using Pairs = DStream<Pair>;

const Any<Pair, Pair> sums = [](const Pairs& pairs) { return pairs | reduceByKey(std::plus{}); };

/// The oracle.
Batches<Pair> sumsOf(const Batches<Pair>& in)
{
    Batches<Pair> out;
    for (const auto& batch : in) {
        std::map<int, int> sum;
        for (const auto& [key, value] : batch) {
            sum[key] += value;
        }
        out.emplace_back(sum.begin(), sum.end());
    }
    return out;
}
} // namespace

TEST_CASE("reduceByKey does not depend on how its input is cut", "[laws][reduceByKey]")
{
    forAll([](Random& random) {
        const auto in = randomStream<Pair>(random);
        const auto expected = sumsOf(recordsOf(in));
        CHECK(bags(run(sums, in)) == expected);
        CHECK(bags(run(sums, cutAtRandom(recordsOf(in), random))) == expected);
        const std::size_t n = 1 + random.below(9);
        const Any<Pair, Pair> otherwise = [n](const Pairs& pairs) {
            return pairs | reduceByKey(std::plus{}, n);
        };
        CHECK(bags(run(otherwise, in)) == expected);
    });
}

TEST_CASE("reduceByKey is groupByKey and a fold of each group", "[laws][reduceByKey]")
{
    const Any<Pair, Pair> grouped = [](const Pairs& pairs) {
        return pairs | groupByKey() | mapValues([](sluice::Values<int> values) {
            return std::accumulate(values.begin(), values.end(), 0);
        });
    };
    forAll([&](Random& random) {
        const auto in = randomStream<Pair>(random);
        CHECK(bags(run(grouped, in)) == bags(run(sums, in)));
    });
}

TEST_CASE("the result is the same at any parallelism", "[laws][parallel]")
{
    // On real threads, and with enough records that stages are forked.
    Random random{20240607, 1000};
    Batches<Pair> in(1);
    for (int i = 0; i < 40'000; ++i) {
        in[0].push_back(sluice::testing::arbitrary<Pair>(random));
    }
    const auto expected = sumsOf(in);
    Batches<Pair> exchanged = in;
    for (auto& [key, value] : exchanged[0]) {
        std::swap(key, value);
    }
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        std::vector<std::vector<Pair>> parts(16);
        for (std::size_t i = 0; i < in[0].size(); ++i) {
            parts[i * parts.size() / in[0].size()].push_back(in[0][i]);
        }
        sluice::BatchQueue<Pair> queue;
        queue.pushPartitions(std::move(parts));
        sluice::StreamingContext context{
            {.batchInterval = std::chrono::hours{1}, .parallelism = parallelism}};
        const auto stream = context.queueStream(queue);
        const auto out = sluice::testing::collect(sums(stream));
        const auto swapped = sluice::testing::collect(stream | sluice::swap);
        context.start();
        context.stop(sluice::Stop::graceful); // which takes one more batch
        context.awaitTermination();
        CHECK(bags(out->batches) == expected);
        CHECK(swapped->batches == exchanged); // in the order of the stream
    }
}
