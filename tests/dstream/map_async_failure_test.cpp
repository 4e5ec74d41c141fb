#include <sluice/dstream/map_async.hpp>

#include <sluice/engine/event_log.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/desk.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::AsyncOptions, sluice::mapAsync, sluice::OnRecordFailure, sluice::Options;
using sluice::Stop;
using sluice::engine::Continuation;
using sluice::test::Desk;
using sluice::testing::TestEngine;

namespace {
using Ints = std::vector<int>;

/// A run of batches of ints under one asynchronous function.
class Run {
public:
    using Function = std::function<asio::awaitable<int>(int)>;

    Run(const std::vector<std::vector<Ints>>& batches, const AsyncOptions& async,
        const Function& function, const Options& options = {})
        : engine_{options}
    {
        sluice::BatchQueue<int> queue;
        for (const auto& partitions : batches) {
            queue.pushPartitions(partitions);
        }
        sluice::queueStream(engine_.runtime(), queue) | mapAsync(async, function) |
            sluice::foreachBatch([this](const sluice::Batch<int>& batch) {
                results.emplace_back(batch.begin(), batch.end());
            });
        engine_.runtime().start();
        engine_.executor().run();
    }

    void nextBatch() { engine_.nextBatch(); }
    void runAll() { engine_.executor().run(); }
    void pass(std::chrono::milliseconds time)
    {
        engine_.clock().advance(time);
        engine_.executor().run();
    }
    void stop(Stop mode) { engine_.stop(mode); }
    [[nodiscard]] bool stopped() { return engine_.runtime().state() == sluice::State::stopped; }

    /// What `awaitTermination` says.
    [[nodiscard]] std::string failure()
    {
        engine_.stop(Stop::now);
        try {
            engine_.runtime().awaitTermination();
            return "";
        } catch (const std::exception& error) {
            return error.what();
        }
    }

    /// The last report on the stage.
    [[nodiscard]] sluice::StageReport report()
    {
        sluice::StageReport last;
        for (const auto& event : engine_.runtime().events().since(0)) {
            if (const auto* batch = std::get_if<sluice::BatchCompleted>(&event)) {
                last = batch->stages[1];
            }
        }
        return last;
    }

    std::vector<Ints> results;

private:
    TestEngine engine_;
};

/// Throws for 13, the first `times` times.
Run::Function unlucky(int times)
{
    return [left = std::make_shared<int>(times)](int x) -> asio::awaitable<int> {
        co_await asio::post(asio::use_awaitable);
        if (x == 13 && (*left)-- > 0) { throw std::domain_error{"unlucky"}; }
        co_return 2 * x;
    };
}

Run::Function asking(Desk& desk)
{
    return [&desk](int x) { return desk.ask(x); };
}
} // namespace

TEST_CASE(
    "a call that fails is made again, alone, and the batch goes on", "[dstream][mapAsync][errors]")
{
    Run run{{{{1, 13, 2}}}, {.concurrency = 2}, unlucky(3)};
    run.nextBatch();
    CHECK(run.results == std::vector<Ints>{{2, 26, 4}});
    CHECK(run.report().retries == 3);
    CHECK(run.failure().empty());
}

TEST_CASE(
    "a call that fails too often fails its batch and says where", "[dstream][mapAsync][errors]")
{
    Run run{{{{1, 2}, {3, 13, 4}}}, {.concurrency = 2}, unlucky(100), {.maxTaskFailures = 3}};
    run.nextBatch();
    CHECK(run.results.empty());
    CHECK(run.failure() == "sluice: mapAsync failed in batch 1000 ms, partition 1, after 3 "
                           "attempts: unlucky");
}

TEST_CASE(
    "a function that throws before it suspends, or for want of a coroutine, is one that fails",
    "[dstream][mapAsync][errors]")
{
    Run run{{{{13}}}, {.concurrency = 2},
        Run::Function{[](int) -> asio::awaitable<int> { throw std::domain_error{"at once"}; }},
        {.maxTaskFailures = 2}};
    run.nextBatch();
    CHECK(run.failure() == "sluice: mapAsync failed in batch 1000 ms, partition 0, after 2 "
                           "attempts: at once");
}

TEST_CASE("when a batch fails its other calls are cancelled and no further one is made",
    "[dstream][mapAsync][errors]")
{
    Desk desk;
    const auto function = [&desk](int x) -> asio::awaitable<int> {
        if (x == 13) { throw std::domain_error{"unlucky"}; }
        return desk.ask(x);
    };
    Run run{{{{1, 2, 13, 3, 4}}}, {.concurrency = 3}, function, {.maxTaskFailures = 1}};
    run.nextBatch();
    CHECK(desk.waiting().empty());
    CHECK(desk.asked() == Ints{1, 2});
    CHECK(run.failure() == "sluice: mapAsync failed in batch 1000 ms, partition 0, after 1 "
                           "attempt: unlucky");
}

TEST_CASE("a call that takes longer than the timeout is cancelled and made again",
    "[dstream][mapAsync][errors]")
{
    Desk desk;
    Run run{{{{1, 2}}}, {.concurrency = 2, .timeout = 300ms}, asking(desk), {.maxTaskFailures = 3}};
    run.nextBatch();
    run.pass(200ms);
    desk.answer(1, 10);
    run.runAll();
    run.pass(99ms);
    CHECK(desk.asked() == Ints{1, 2});
    run.pass(1ms);
    CHECK(desk.asked() == Ints{1, 2, 2});
    CHECK(desk.waiting() == Ints{2});
    run.pass(299ms);
    desk.answer(2, 20);
    run.runAll();
    CHECK(run.results == std::vector<Ints>{{10, 20}});
    CHECK(run.report().retries == 1);
    CHECK(run.failure().empty());
}

TEST_CASE("a call that takes too long each time fails the batch and says so",
    "[dstream][mapAsync][errors]")
{
    Desk desk;
    Run run{{{{1}}}, {.concurrency = 2, .timeout = 300ms}, asking(desk), {.maxTaskFailures = 2}};
    run.nextBatch();
    run.pass(300ms);
    run.pass(300ms);
    CHECK(desk.asked() == Ints{1, 1});
    CHECK(desk.waiting().empty());
    CHECK(run.failure() ==
          "sluice: mapAsync failed in batch 1000 ms, partition 0, after 2 attempts: sluice: "
          "mapAsync: a call did not end within its timeout of 300 ms");
}

TEST_CASE("with OnRecordFailure::skip a record whose calls all failed is left out and counted",
    "[dstream][mapAsync][errors][skip]")
{
    Options options;
    options.onRecordFailure = OnRecordFailure::skip;
    options.maxTaskFailures = 2;
    Run run{{{{1, 13}, {2, 13}, {13}}}, {.concurrency = 2}, unlucky(100), options};
    run.nextBatch();
    CHECK(run.results == std::vector<Ints>{{2, 4}});
    CHECK(run.report().recordsSkipped == 3);
    CHECK(run.report().firstSkipped == "mapAsync: unlucky");
    CHECK(run.report().retries == 3);
    CHECK(run.failure().empty());
}

TEST_CASE("a stop that does not wait cancels the calls, and their batch is dropped",
    "[dstream][mapAsync]")
{
    Desk desk;
    Run run{{{{1, 2, 3}}}, {.concurrency = 2}, asking(desk)};
    run.nextBatch();
    desk.answer(1, 10);
    run.runAll();
    CHECK(desk.waiting() == Ints{2, 3});
    run.stop(Stop::now);
    CHECK(run.stopped());
    CHECK(desk.waiting().empty());
    CHECK(run.results.empty());
    CHECK(run.failure().empty());
}

TEST_CASE("a graceful stop waits for the calls under way", "[dstream][mapAsync]")
{
    Desk desk;
    Run run{{{{1, 2, 3}}}, {.concurrency = 2}, asking(desk)};
    run.nextBatch();
    run.stop(Stop::graceful);
    for (const int record : {1, 2, 3}) {
        CHECK_FALSE(run.stopped());
        desk.answer(record, 10 * record);
        run.runAll();
    }
    CHECK(run.stopped());
    CHECK(run.results.front() == Ints{10, 20, 30});
    CHECK(run.failure().empty());
}

TEST_CASE("a graceful stop that runs out of time cancels the calls and reports what it dropped",
    "[dstream][mapAsync][errors]")
{
    Desk desk;
    Options options;
    options.gracefulStopTimeout = 500ms;
    Run run{{{{1, 2, 3}}}, {.concurrency = 2}, asking(desk), options};
    run.nextBatch();
    run.stop(Stop::graceful);
    run.pass(499ms);
    CHECK_FALSE(run.stopped());
    run.pass(1ms);
    CHECK(run.stopped());
    CHECK(desk.waiting().empty());
    CHECK(run.failure() ==
          "sluice: stop(Stop::graceful): gracefulStopTimeout of 500 ms is over, dropped 3 records");
}

TEST_CASE("a call that goes on although it was cancelled is left behind after a second",
    "[dstream][mapAsync][errors]")
{
    std::vector<Continuation> stubborn;
    std::size_t calls = 0;
    const auto record = std::make_shared<int>(7); // what a call left behind may still use
    const auto function = [&](int) -> asio::awaitable<int> {
        ++calls;
        const auto mine = record;
        co_await sluice::engine::suspend(
            [&](Continuation continuation) { stubborn.push_back(std::move(continuation)); });
        co_return *mine;
    };
    SECTION("and counts as one that took too long")
    {
        Run run{{{{1}}}, {.concurrency = 2, .timeout = 300ms}, function, {.maxTaskFailures = 2}};
        run.nextBatch();
        run.pass(300ms);
        run.pass(999ms);
        CHECK(calls == 1);
        run.pass(1ms);
        CHECK(calls == 2);
        // A late answer is nobody's.
        stubborn[0].post();
        run.runAll();
        CHECK(run.results.empty());
        stubborn[1].post();
        run.runAll();
        CHECK(run.results.front() == Ints{7});
        CHECK(run.failure().empty());
    }
    SECTION("and holds up no stop for longer")
    {
        Run run{{{{1, 2}}}, {.concurrency = 2}, function};
        run.nextBatch();
        run.stop(Stop::now);
        run.pass(999ms);
        CHECK_FALSE(run.stopped());
        run.pass(1ms);
        CHECK(run.stopped());
        CHECK(run.failure().empty());
        for (auto& call : stubborn) {
            call.post();
        }
        run.runAll();
    }
    SECTION("and may never come back")
    {
        Run run{{{{1, 2}}}, {.concurrency = 2}, function};
        run.nextBatch();
        run.stop(Stop::now);
        run.pass(1s);
        CHECK(run.stopped());
        stubborn.clear();
    }
    CHECK(record.use_count() == 1);
}
