#include <sluice/dstream/map_async.hpp>

#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "engine/stepped_run.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

// Runs with asynchronous calls in flight, stopped after each number of handlers.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::mapAsync, sluice::State, sluice::Stop;
using sluice::test::checkGapless, sluice::test::Desk, sluice::test::everywhere;
using sluice::test::SteppedRun;

namespace {
/// Counts the calls under way.
struct UnderWay {
    explicit UnderWay(int& number) : count{number} { ++count; }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() { --count; }

    int& count;
};

std::shared_ptr<BatchQueue<int>> somePartitions()
{
    auto queue = std::make_shared<BatchQueue<int>>();
    queue->pushPartitions({{1, 2, 3}, {}, {4}});
    queue->pushPartitions({{5, 6}});
    queue->pushPartitions({});
    queue->pushPartitions({{7}, {8, 9}});
    return queue;
}
} // namespace

TEST_CASE("calls stopped at any step leave whole batches, and none under way",
    "[engine][stop_everywhere][mapAsync]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        int underWay = 0;
        SteppedRun run{seed};
        std::vector<std::uint64_t> indices;
        std::vector<int> seen;
        const auto plusTen = [&underWay](int x) -> asio::awaitable<int> {
            const UnderWay one{underWay};
            CHECK(underWay <= 2);
            co_await asio::post(asio::use_awaitable);
            co_await asio::post(asio::use_awaitable);
            co_return x + 10;
        };
        sluice::queueStream(run.runtime(), *somePartitions()) |
            mapAsync({.concurrency = 2, .timeout = 5s}, plusTen) |
            sluice::foreachBatch([&](const Batch<int>& batch) {
                indices.push_back(batch.metadata().index);
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK_NOTHROW(run.runtime().awaitTermination());
        CHECK(underWay == 0);
        checkGapless(indices);
        const std::vector<std::size_t> recordsUpTo{0, 4, 6, 6, 9, 9};
        REQUIRE(indices.size() < recordsUpTo.size());
        REQUIRE(seen.size() == recordsUpTo[indices.size()]);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            CHECK(seen[i] == static_cast<int>(i) + 11);
        }
        if (mode == Stop::graceful) { CHECK(seen.size() == run.recordsCut()); }
        return more;
    });
}

TEST_CASE("calls that are never answered hold up no stop, at whatever step it comes",
    "[engine][stop_everywhere][mapAsync]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        Desk desk;
        sluice::Options options;
        options.gracefulStopTimeout = 0ms; // it would wait for the answers
        SteppedRun run{seed, options};
        std::size_t batches = 0;
        sluice::queueStream(run.runtime(), *somePartitions()) |
            mapAsync(2, [&desk](int x) { return desk.ask(x); }) |
            sluice::foreachBatch([&](const Batch<int>&) { ++batches; });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK(desk.waiting().empty());
        CHECK(batches == 0);
        return more;
    });
}

TEST_CASE("calls that fail at any step relative to the stop end the run",
    "[engine][stop_everywhere][mapAsync]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        Desk desk;
        SteppedRun run{seed, {.maxTaskFailures = 2}};
        std::size_t batches = 0;
        const auto fails = [&desk](int x) -> asio::awaitable<int> {
            if (x == 6) {
                co_await asio::post(asio::use_awaitable);
                throw std::domain_error{"6"};
            }
            if (x == 5) { co_return co_await desk.ask(x); }
            co_return x;
        };
        sluice::queueStream(run.runtime(), *somePartitions()) | mapAsync(8, fails) |
            sluice::foreachBatch([&](const Batch<int>&) { ++batches; });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK(desk.waiting().empty());
        CHECK(batches <= 1);
        return more;
    });
}
