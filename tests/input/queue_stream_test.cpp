#include <sluice/input/queue_stream.hpp>

#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <numeric>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::foreachBatch, sluice::queueStream, sluice::Stop;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
/// Runs `intervals` intervals over `queue` and stops; the records of each batch, and its
/// partitions.
struct Run {
    Batches<int> batches;
    std::vector<std::size_t> partitions;
    std::vector<std::size_t> counts;
};

Run run(BatchQueue<int> queue, int intervals, bool oneAtATime, Stop mode = Stop::now)
{
    TestEngine test{{.batchInterval = 1s}};
    Run seen;
    queueStream(test.runtime(), queue, oneAtATime) | foreachBatch([&](const Batch<int>& batch) {
        seen.batches.emplace_back(batch.begin(), batch.end());
        seen.partitions.push_back(batch.partitions().size());
        seen.counts.push_back(batch.metadata().inputRecords);
    });
    test.runtime().start();
    test.executor().run();
    for (int i = 0; i < intervals; ++i) {
        test.nextBatch();
    }
    test.stop(mode);
    return seen;
}
} // namespace

TEST_CASE("what is pushed to a queue comes as a batch", "[input][queue_stream]")
{
    TestEngine test{{.batchInterval = 1s}};
    sluice::engine::Runtime& context = test.runtime();
    Batches<int> seen;
    // [example]
    BatchQueue<int> queue{{1, 2}, {3}};
    queueStream(context, queue) | foreachBatch([&seen](const Batch<int>& batch) {
        seen.emplace_back(batch.begin(), batch.end());
    });
    queue.push({4, 5}); // at any time, from any thread
    // [example]
    context.start();
    test.executor().run();
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    CHECK(seen == Batches<int>{{1, 2}, {3}, {4, 5}});
}

TEST_CASE("a queue stream takes one batch an interval, oldest first", "[input][queue_stream]")
{
    const auto seen = run({{1, 2}, {}, {3}}, 4, true);
    CHECK(seen.batches == Batches<int>{{1, 2}, {}, {3}, {}});
    CHECK(seen.partitions == std::vector<std::size_t>{1, 1, 1, 0});
    CHECK(seen.counts == std::vector<std::size_t>{2, 0, 1, 0});
}

TEST_CASE("a queue stream may take all that is there at once", "[input][queue_stream]")
{
    BatchQueue<int> queue{{1, 2}, {3}};
    queue.pushPartitions(std::vector<std::vector<int>>{{4}, {5, 6}});
    const auto seen = run(queue, 2, false);
    CHECK(seen.batches == Batches<int>{{1, 2, 3, 4, 5, 6}, {}});
    CHECK(seen.partitions == std::vector<std::size_t>{4, 0});
    CHECK(queue.size() == 0);
}

TEST_CASE("an empty queue gives the default batch where there is one", "[input][queue_stream]")
{
    for (const bool oneAtATime : {true, false}) {
        CAPTURE(oneAtATime);
        sluice::testing::TestEngine test{{.batchInterval = 1s}};
        BatchQueue<int> queue{{1}, {}};
        Run seen;
        queueStream(test.runtime(), queue, oneAtATime, {8, 9}) |
            foreachBatch([&](const Batch<int>& batch) {
                seen.batches.emplace_back(batch.begin(), batch.end());
                seen.counts.push_back(batch.metadata().inputRecords);
            });
        test.runtime().start();
        test.executor().run();
        for (int i = 0; i < 3; ++i) {
            test.nextBatch();
        }
        queue.push({2});
        test.nextBatch();
        // A batch that was pushed without records is one, and no reason to take the default.
        const Batches<int> oneByOne{{1}, {}, {8, 9}, {2}};
        const Batches<int> atOnce{{1}, {8, 9}, {8, 9}, {2}};
        CHECK(seen.batches == (oneAtATime ? oneByOne : atOnce));
        CHECK(seen.counts[2] == 2);
    }
}

TEST_CASE("a queue stream keeps the partitions that were pushed", "[input][queue_stream]")
{
    BatchQueue<int> queue;
    queue.pushPartitions(std::vector<std::vector<int>>{{1}, {}, {2, 3}});
    const auto seen = run(queue, 1, true);
    CHECK(seen.batches == Batches<int>{{1, 2, 3}});
    CHECK(seen.partitions == std::vector<std::size_t>{3});
}

TEST_CASE("what a stop finds in the queue stays, but for one batch of a graceful one",
    "[input][queue_stream]")
{
    const BatchQueue<int> abrupt{{1}, {2}, {3}};
    CHECK(run(abrupt, 1, true).batches == Batches<int>{{1}});
    CHECK(abrupt.size() == 2);
    const BatchQueue<int> graceful{{1}, {2}, {3}};
    CHECK(run(graceful, 1, true, Stop::graceful).batches == Batches<int>{{1}, {2}});
    CHECK(graceful.size() == 1);
}

TEST_CASE("a queue may be filled from any thread while the context runs",
    "[input][queue_stream][parallel]")
{
    constexpr int each = 500;
    TestEngine test{{.batchInterval = 1s}};
    BatchQueue<int> queue;
    std::vector<int> seen;
    queueStream(test.runtime(), queue) | foreachBatch([&](const Batch<int>& batch) {
        seen.insert(seen.end(), batch.begin(), batch.end());
    });
    test.runtime().start();
    test.executor().run();
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 2; ++writer) {
        writers.emplace_back([queue, writer]() mutable {
            for (int i = 0; i < each; ++i) {
                queue.push({writer});
            }
        });
    }
    while (seen.size() < 2 * each) {
        test.nextBatch();
    }
    CHECK(std::accumulate(seen.begin(), seen.end(), 0) == each);
}
