#include <sluice/testing/test_engine.hpp>

#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/collect.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <memory>
#include <vector>

using sluice::Batch, sluice::BatchQueue, sluice::foreachBatch, sluice::Stop;
using sluice::testing::Batches, sluice::testing::collect, sluice::testing::TestEngine;
using namespace std::chrono_literals;

TEST_CASE("a test looks at what has come while the engine stands still", "[testing][test_engine]")
{
    // [example]
    TestEngine test{{.batchInterval = 250ms}};
    BatchQueue<int> orders;
    const auto out = collect(queueStream(test.runtime(), orders));
    test.start();
    orders.push({1, 2});
    test.nextBatch();
    CHECK(out->batches == Batches<int>{{1, 2}});
    CHECK(out->kept.at(0).time() == sluice::Time{250ms});
    // [example]
}

TEST_CASE("a test engine has passed no batch when it is started, and jumps over as many as it is "
          "told to",
    "[testing][test_engine]")
{
    TestEngine test;
    const auto out = collect(queueStream(test.runtime(), BatchQueue<int>{{1}, {2}, {3}, {4}}));
    test.start();
    CHECK(out->batches.empty());
    test.pass(999ms);
    CHECK(out->batches.empty());
    test.pass(1ms);
    CHECK(out->batches == Batches<int>{{1}});
    test.jump(2);
    CHECK(out->batches == Batches<int>{{1}, {2}, {3}});
    test.stop(Stop::graceful); // which takes one more batch
    CHECK(out->batches.size() == 4);
    CHECK(test.metrics().batchesCompleted == 4);
}

TEST_CASE("a test engine runs a batch each time it is told to", "[testing][test_engine]")
{
    TestEngine engine{{.batchInterval = 250ms}};
    BatchQueue<int> queue{{1}, {2}};
    std::vector<sluice::Time> times;
    sluice::queueStream(engine.runtime(), queue) |
        foreachBatch([&](const Batch<int>& batch) { times.push_back(batch.time()); });
    engine.runtime().start();
    engine.executor().run();
    CHECK(times.empty());
    engine.nextBatch();
    CHECK(times == std::vector{sluice::Time{250ms}});
    engine.nextBatch();
    CHECK(times.size() == 2);
    engine.stop(Stop::now);
    CHECK(engine.runtime().state() == sluice::State::stopped);
    engine.nextBatch();
    CHECK(times.size() == 2);
}

TEST_CASE("a test engine need not be started, nor stopped", "[testing][test_engine]")
{
    {
        const TestEngine unused;
    }
    TestEngine running;
    sluice::queueStream(running.runtime(), BatchQueue<int>{{1}}) |
        foreachBatch([](const Batch<int>&) {});
    running.runtime().start();
    running.executor().run();
    CHECK(running.runtime().state() == sluice::State::active);
}

TEST_CASE("a test engine lets no batch pass before it is started, nor jumps over none",
    "[testing][test_engine][errors]")
{
    TestEngine test;
    const auto out = collect(queueStream(test.runtime(), BatchQueue<int>{{1}}));
    CHECK_THROWS_AS(test.nextBatch(), sluice::IllegalState);
    CHECK_THROWS_AS(test.jump(2), sluice::IllegalState);
    test.start();
    CHECK_THROWS_AS(test.jump(0), sluice::InvalidArgument);
    test.nextBatch();
    CHECK(out->batches == Batches<int>{{1}});
}
