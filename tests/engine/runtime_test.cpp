#include <sluice/engine/runtime.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/engine/task_error.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchCompleted, sluice::BatchQueue, sluice::BatchSubmitted;
using sluice::Duration, sluice::foreachBatch, sluice::map, sluice::OnBatchFailure, sluice::Options;
using sluice::queueStream, sluice::Stop, sluice::TaskError, sluice::Time;
using sluice::engine::Runtime;
using sluice::testing::TestEngine;

namespace {
template <class E>
std::vector<E> eventsOf(Runtime& runtime)
{
    std::vector<E> found;
    for (const auto& event : runtime.events().since(0)) {
        if (const auto* one = std::get_if<E>(&event)) { found.push_back(*one); }
    }
    return found;
}

Options everySecond()
{
    return {.batchInterval = 1s, .maxTaskFailures = 1};
}
constexpr auto notThirteen = [](int x) { return x == 13 ? throw std::domain_error{"13"} : x; };
} // namespace

TEST_CASE("the first batch is due at the next whole interval, then one every interval",
    "[engine][runtime]")
{
    TestEngine test{everySecond()};
    std::vector<Time> times;
    std::vector<std::uint64_t> indices;
    test.clock().advance(2500ms);
    queueStream(test.runtime(), BatchQueue<int>{}) | foreachBatch([&](const Batch<int>& batch) {
        times.push_back(batch.time());
        indices.push_back(batch.metadata().index);
    });
    test.runtime().start();
    test.executor().run();
    CHECK(times.empty());
    test.clock().advance(499ms);
    test.executor().run();
    CHECK(times.empty());
    test.clock().advance(1ms);
    test.executor().run();
    CHECK(times == std::vector{Time{3s}});

    SECTION("a tick that was missed comes late and is not left out")
    {
        test.clock().advance(3700ms);
        test.executor().run();
        CHECK(times == std::vector{Time{3s}, Time{4s}, Time{5s}, Time{6s}});
        CHECK(indices == std::vector<std::uint64_t>{0, 1, 2, 3});
        test.nextBatch();
        CHECK(times.back() == Time{7s});
    }
}

TEST_CASE("a start at a whole interval has its first batch one interval later", "[engine][runtime]")
{
    TestEngine test{everySecond()};
    std::vector<Time> times;
    test.clock().advance(2s);
    queueStream(test.runtime(), BatchQueue<int>{}) |
        foreachBatch([&](const Batch<int>& batch) { times.push_back(batch.time()); });
    test.runtime().start();
    test.executor().run();
    CHECK(times.empty());
    test.nextBatch();
    CHECK(times == std::vector{Time{3s}});
}

TEST_CASE("a batch that takes long makes the next ones wait, and the log tells how long",
    "[engine][runtime]")
{
    TestEngine test{everySecond()};
    queueStream(test.runtime(), BatchQueue<int>{{1, 2}, {3}}) |
        foreachBatch([&](const Batch<int>& batch) {
            if (batch.metadata().index == 0) { test.clock().advance(2500ms); }
        });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    const auto batches = eventsOf<BatchCompleted>(test.runtime());
    REQUIRE(batches.size() == 3);
    CHECK(batches[0].schedulingDelay() == 0ms);
    CHECK(batches[0].processingTime() == 2500ms);
    CHECK(batches[1].time == Time{2s});
    CHECK(batches[1].processingTime() == 0ms);
    CHECK(batches[0].records == 2);
    CHECK(batches[1].records == 1);
    CHECK(batches[0].stages.size() == 2);
    CHECK(batches[0].failure.empty());
    CHECK(eventsOf<BatchSubmitted>(test.runtime()).size() == 3);
}

TEST_CASE("what waits for a long batch has a scheduling delay", "[engine][runtime]")
{
    TestEngine test{everySecond()};
    queueStream(test.runtime(), BatchQueue<int>{}) | foreachBatch([&](const Batch<int>&) {
        // All three ticks have come before the first batch runs.
        if (eventsOf<BatchSubmitted>(test.runtime()).size() == 3) { test.clock().advance(100ms); }
    });
    test.runtime().start();
    test.executor().run();
    test.clock().advance(3s);
    test.executor().run();
    const auto batches = eventsOf<BatchCompleted>(test.runtime());
    REQUIRE(batches.size() == 3);
    CHECK(batches[0].schedulingDelay() == 0ms);
    CHECK(batches[1].schedulingDelay() == 100ms);
    CHECK(batches[2].schedulingDelay() == 200ms);
    CHECK(batches[2].totalDelay() == 300ms);
}

TEST_CASE("a failed batch stops the context, and the one behind it does not run",
    "[engine][runtime][errors]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        TestEngine test{everySecond(), seed};
        std::vector<int> seen;
        queueStream(test.runtime(), BatchQueue<int>{{1}, {13}, {3}, {4}}) | map(notThirteen) |
            foreachBatch([&](const Batch<int>& batch) {
                for (const int x : batch) {
                    seen.push_back(x);
                }
            });
        test.runtime().start();
        test.clock().advance(4s);
        test.executor().run();
        CHECK(seen == std::vector{1});
        CHECK(test.runtime().state() == sluice::State::stopped);
        try {
            test.runtime().awaitTermination();
            FAIL("the failure is gone");
        } catch (const TaskError& error) {
            CHECK(error.operatorName() == "map");
            CHECK(error.batchTime() == Time{2s});
            CHECK(error.partition() == 0);
            CHECK_THROWS_AS(std::rethrow_if_nested(error), std::domain_error);
        }
        CHECK_THROWS_AS(test.runtime().awaitTermination(), TaskError); // it stays
        CHECK(eventsOf<BatchCompleted>(test.runtime()).back().failure ==
              "sluice: map failed in batch 2000 ms, partition 0, after 1 attempt: 13");
    }
}

TEST_CASE("a tick between a failure and the stop that follows it brings no batch",
    "[engine][runtime][errors][regression]")
{
    TestEngine test{everySecond()};
    std::vector<std::uint64_t> committed;
    queueStream(test.runtime(), BatchQueue<int>{}) | foreachBatch([&](const Batch<int>& batch) {
        if (batch.metadata().index == 0) {
            test.clock().advance(1s); // wakes the tick before the stop is asked for
            throw std::runtime_error{"no"};
        }
        committed.push_back(batch.metadata().index);
    });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(committed.empty());
    CHECK(test.runtime().state() == sluice::State::stopped);
}

TEST_CASE(
    "with proceed the next batches run and the failure is in the log", "[engine][runtime][errors]")
{
    Options options = everySecond();
    options.onBatchFailure = OnBatchFailure::proceed;
    TestEngine test{options};
    std::vector<int> seen;
    std::vector<std::size_t> sizes;
    const auto numbers = queueStream(test.runtime(), BatchQueue<int>{{1}, {13}, {3}});
    numbers | map(notThirteen) | foreachBatch([&](const Batch<int>& batch) {
        for (const int x : batch) {
            seen.push_back(x);
        }
    });
    numbers | foreachBatch([&](const Batch<int>& batch) { sizes.push_back(batch.size()); });
    test.runtime().start();
    test.executor().run();
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    test.stop(Stop::now);
    CHECK_NOTHROW(test.runtime().awaitTermination());
    CHECK(seen == std::vector{1, 3});
    CHECK(sizes == std::vector<std::size_t>{1, 1, 1});
    const auto batches = eventsOf<BatchCompleted>(test.runtime());
    REQUIRE(batches.size() == 3);
    CHECK(batches[1].failure.find("map failed") != std::string::npos);
    CHECK(batches[2].failure.empty());
}

TEST_CASE("a task is retried as often as the options say", "[engine][runtime][errors]")
{
    Options options = everySecond();
    options.maxTaskFailures = 3;
    TestEngine test{options};
    int calls = 0;
    const auto fussy = [&calls](
                           int x) { return ++calls < 3 ? throw std::runtime_error{"not yet"} : x; };
    std::vector<int> seen;
    queueStream(test.runtime(), BatchQueue<int>{{5}}) | map(fussy) |
        foreachBatch([&](const Batch<int>& batch) { seen.assign(batch.begin(), batch.end()); });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(seen == std::vector{5});
    CHECK(calls == 3);
    std::size_t retries = 0;
    const auto batches = eventsOf<BatchCompleted>(test.runtime());
    for (const auto& stage : batches.front().stages) {
        retries += stage.retries;
    }
    CHECK(retries == 2);
}

TEST_CASE("contexts live side by side", "[engine][runtime]")
{
    TestEngine first{everySecond()};
    TestEngine second{{.batchInterval = 500ms}};
    int inFirst = 0;
    int inSecond = 0;
    queueStream(first.runtime(), BatchQueue<int>{}) |
        foreachBatch([&](const Batch<int>&) { ++inFirst; });
    queueStream(second.runtime(), BatchQueue<int>{}) |
        foreachBatch([&](const Batch<int>&) { ++inSecond; });
    first.runtime().start();
    second.runtime().start();
    first.executor().run();
    second.executor().run();
    first.nextBatch();
    second.nextBatch();
    second.nextBatch();
    first.stop(Stop::now);
    second.nextBatch();
    CHECK(inFirst == 1);
    CHECK(inSecond == 3);
}
