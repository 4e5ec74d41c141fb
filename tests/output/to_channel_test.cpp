#include <sluice/output/to_channel.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/engine/task_error.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchCompleted, sluice::BatchQueue, sluice::Channel;
using sluice::foreachBatch, sluice::InvalidArgument, sluice::map, sluice::Options;
using sluice::queueStream, sluice::State, sluice::Stop, sluice::StreamingContext;
using sluice::TaskError, sluice::toChannel;
using sluice::testing::TestEngine;

namespace {
/// What a reader has seen so far.
struct Read {
    std::vector<std::vector<int>> batches;
    int ends = 0;
    int failures = 0;
};

asio::awaitable<void> read(Channel<int>& channel, Read& seen, std::size_t times)
{
    for (std::size_t i = 0; i < times; ++i) {
        try {
            const auto batch = co_await channel.next();
            if (batch) {
                seen.batches.emplace_back(batch->begin(), batch->end());
            } else {
                ++seen.ends;
            }
        } catch (const TaskError&) {
            ++seen.failures;
        }
    }
}

// [example]
/// Runs by co_spawn(executor, readToEnd(stream | toChannel()), ...).
asio::awaitable<std::vector<std::uint64_t>> readToEnd(Channel<int> channel)
{
    std::vector<std::uint64_t> indices;
    while (const auto batch = co_await channel.next()) {
        indices.push_back(batch->metadata().index);
    }
    co_return indices;
}
// [example]

/// A context with a channel over a queue, and a reader that reads when it is told to.
class ChannelTest {
public:
    explicit ChannelTest(std::size_t capacity = 1, Options options = {})
        : test_{std::move(options)}, channel_{queueStream(test_.runtime(), queue_) | map([](int x) {
              return x == 13 ? throw std::runtime_error{"13"} : x;
          }) | toChannel(capacity)}
    {
        test_.runtime().start();
        test_.executor().run();
    }

    void readNext(std::size_t times = 1)
    {
        asio::co_spawn(test_.executor().executor(), read(*channel_, seen_, times), asio::detached);
        test_.executor().run();
    }

    std::size_t completed()
    {
        std::size_t batches = 0;
        for (const auto& event : test_.runtime().events().since(0)) {
            batches += std::holds_alternative<BatchCompleted>(event) ? 1U : 0U;
        }
        return batches;
    }

    Read seen_;
    TestEngine test_;
    BatchQueue<int> queue_;
    std::optional<Channel<int>> channel_;
};
using Seen = std::vector<std::vector<int>>;
} // namespace

TEST_CASE("a channel gives every batch to the reader, empty ones too, and then the end",
    "[output][to_channel]")
{
    ChannelTest run{3};
    run.queue_.push({1, 2});
    run.test_.nextBatch();
    run.test_.nextBatch();
    run.queue_.push({3});
    run.test_.nextBatch();
    run.readNext(3);
    CHECK(run.seen_.batches == Seen{{1, 2}, {}, {3}});
    run.readNext(); // waits
    CHECK(run.seen_.ends == 0);
    run.test_.stop(Stop::now);
    CHECK(run.seen_.ends == 1);
    run.readNext(2);
    CHECK(run.seen_.ends == 3);
}

TEST_CASE(
    "a full channel holds the next batch back until the reader takes one", "[output][to_channel]")
{
    const std::size_t capacity = GENERATE(1U, 2U, 5U);
    ChannelTest run{capacity};
    for (std::size_t i = 0; i < capacity + 3; ++i) {
        run.queue_.push({static_cast<int>(i)});
        run.test_.nextBatch();
    }
    CHECK(run.completed() == capacity);
    run.readNext();
    CHECK(run.completed() == capacity + 1);
    run.readNext();
    CHECK(run.completed() == capacity + 2);
    run.test_.clock().advance(5s);
    run.readNext(capacity + 1);
    CHECK(run.seen_.batches.size() == capacity + 3);
    bool delayed = false;
    for (const auto& event : run.test_.runtime().events().since(0)) {
        if (const auto* batch = std::get_if<BatchCompleted>(&event)) {
            delayed = delayed || batch->totalDelay() >= 2s;
        }
    }
    CHECK(delayed);
}

TEST_CASE("a channel rethrows what stopped the context, behind what went well",
    "[output][to_channel][errors]")
{
    ChannelTest run{2, {.maxTaskFailures = 1}};
    run.queue_.push({1});
    run.test_.nextBatch();
    run.queue_.push({13});
    run.test_.nextBatch();
    CHECK(run.test_.runtime().state() == State::stopped);
    run.readNext(3);
    CHECK(run.seen_.batches == Seen{{1}});
    CHECK(run.seen_.failures == 2);
    CHECK(run.seen_.ends == 0);
}

TEST_CASE("a channel whose reader has gone holds nothing up", "[output][to_channel]")
{
    ChannelTest run;
    run.test_.nextBatch();
    run.test_.nextBatch();
    CHECK(run.completed() == 1);
    SECTION("while a batch waits for it")
    {
        run.channel_.reset();
    }
    SECTION("by being moved elsewhere, which keeps it")
    {
        Channel<int> other{std::move(*run.channel_)};
        run.channel_.reset();
        run.test_.nextBatch();
        CHECK(run.completed() == 1);
    }
    run.test_.executor().run();
    run.test_.nextBatch();
    CHECK(run.completed() >= 3);
    run.test_.stop(Stop::graceful);
    CHECK_NOTHROW(run.test_.runtime().awaitTermination());
}

TEST_CASE(
    "a stop does not wait for the reader, a graceful one only for its time", "[output][to_channel]")
{
    Options options{.batchInterval = 1s};
    options.gracefulStopTimeout = 3s;
    ChannelTest run{1, options};
    for (int i = 1; i <= 3; ++i) {
        run.queue_.push({i});
        run.test_.nextBatch();
    }
    CHECK(run.completed() == 1); // the second waits for room, the third for the second
    SECTION("now")
    {
        run.test_.stop(Stop::now);
        CHECK(run.test_.runtime().state() == State::stopped);
        run.readNext(3);
        CHECK(run.seen_.batches == Seen{{1}, {2}}); // the batch under way ended
        CHECK(run.seen_.ends == 1);
    }
    SECTION("gracefully with a reader")
    {
        run.test_.stop(Stop::graceful);
        CHECK(run.test_.runtime().state() == State::active);
        run.readNext(5);
        CHECK(run.test_.runtime().state() == State::stopped);
        CHECK(run.seen_.batches == Seen{{1}, {2}, {3}, {}});
        CHECK(run.seen_.ends == 1);
        CHECK_NOTHROW(run.test_.runtime().awaitTermination());
    }
    SECTION("gracefully without one")
    {
        run.test_.stop(Stop::graceful);
        CHECK(run.test_.runtime().state() == State::active);
        run.test_.clock().advance(3s);
        run.test_.executor().run();
        CHECK(run.test_.runtime().state() == State::stopped);
        CHECK_THROWS_AS(run.test_.runtime().awaitTermination(), sluice::Error);
        asio::co_spawn(
            run.test_.executor().executor(), read(*run.channel_, run.seen_, 2), asio::detached);
        run.test_.executor().run();
        CHECK(run.seen_.batches == Seen{{1}, {2}}); // what was dropped is in the log
    }
}

TEST_CASE(
    "a channel of a context that never started ends with it", "[output][to_channel][regression]")
{
    Read seen;
    sluice::testing::DeterministicExecutor executor;
    std::optional<Channel<int>> channel;
    {
        StreamingContext context{{.batchInterval = 1s}};
        channel.emplace(context.queueStream(BatchQueue<int>{}) | toChannel());
        asio::co_spawn(executor.executor(), read(*channel, seen, 1), asio::detached);
        executor.run();
        CHECK(seen.ends == 0);
    }
    executor.run();
    CHECK(seen.ends == 1);
}

TEST_CASE("a channel without room is refused", "[output][to_channel][errors]")
{
    CHECK_THROWS_AS(toChannel(0), InvalidArgument);
    CHECK_THROWS_WITH(toChannel(static_cast<std::size_t>(-1)),
        "sluice: toChannel(capacity): -1 given, must not be negative");
}

TEST_CASE("a reader on other threads sees every batch in order", "[output][to_channel][parallel]")
{
    asio::thread_pool pool{2};
    for (const Stop mode : {Stop::now, Stop::graceful}) {
        StreamingContext context{{.batchInterval = 1ms, .parallelism = 2}};
        const auto numbers = context.queueStream(BatchQueue<int>{});
        auto channel = numbers | toChannel(2);
        std::atomic<std::size_t> committed{0};
        numbers | foreachBatch([&](const Batch<int>&) {
            ++committed;
            committed.notify_all();
        });
        auto reading = asio::co_spawn(pool, readToEnd(std::move(channel)), asio::use_future);
        context.start();
        for (std::size_t now = 0; now < 50; now = committed) {
            committed.wait(now);
        }
        context.stop(mode);
        const auto indices = reading.get();
        REQUIRE(indices.size() == committed);
        for (std::size_t i = 0; i < indices.size(); ++i) {
            REQUIRE(indices[i] == i);
        }
    }
}

TEST_CASE("a channel that another one is assigned over holds no batch back",
    "[output][toChannel][regression]")
{
    sluice::testing::TestEngine test{sluice::Options{}};
    sluice::BatchQueue<int> queue{{1}, {2}, {3}, {4}};
    const auto numbers = queueStream(test.runtime(), queue);
    auto channel = numbers | sluice::toChannel();
    int batches = 0;
    numbers | sluice::foreachBatch([&](const sluice::Batch<int>&) { ++batches; });
    channel = numbers | sluice::toChannel(8);
    test.runtime().start();
    for (int i = 0; i < 4; ++i) {
        test.nextBatch();
    }
    CHECK(batches == 4);
}
