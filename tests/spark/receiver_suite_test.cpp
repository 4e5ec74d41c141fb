#include <sluice/input/receiver_stream.hpp>

#include "spark/spark_case.hpp"

#include "support/catch.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The cases of Spark Streaming's ReceiverSuite and BlockGeneratorSuite, and those of
// ReceiverTrackerSuite that need no cluster.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::Emitter, sluice::foreachBatch;
using sluice::OffsetRange, sluice::Options, sluice::ReceiverError, sluice::ReceiverStarted;
using sluice::receiverStream, sluice::ReceiverStopped, sluice::Stop;
using sluice::test::SparkCase, sluice::test::World;

namespace {
/// The batches of one receiver, and the sizes of their partitions.
class Received {
public:
    template <class F>
    Received(World& world, const Options& options, F receiver) : case_{world, options}
    {
        receiverStream<int>(case_.context(), std::move(receiver)) |
            foreachBatch([this](const Batch<int>& batch) {
                batches_.emplace_back(batch.begin(), batch.end());
                blocks_.emplace_back();
                for (const auto& partition : batch.partitions()) {
                    blocks_.back().push_back(partition.size());
                }
                offsets_.push_back(batch.metadata().offsets);
            });
        case_.start();
    }

    [[nodiscard]] SparkCase& spark() { return case_; }
    [[nodiscard]] const std::vector<std::vector<int>>& batches() const { return batches_; }
    [[nodiscard]] const std::vector<std::vector<std::size_t>>& blocks() const { return blocks_; }
    [[nodiscard]] const std::vector<std::vector<OffsetRange>>& offsets() const { return offsets_; }

private:
    SparkCase case_;
    std::vector<std::vector<int>> batches_;
    std::vector<std::vector<std::size_t>> blocks_;
    std::vector<std::vector<OffsetRange>> offsets_;
};

std::vector<int> numbers(int from, int to)
{
    std::vector<int> all(static_cast<std::size_t>(to - from + 1));
    std::iota(all.begin(), all.end(), from);
    return all;
}
} // namespace

TEST_CASE("a receiver is started, hands over records and errors, is restarted and ends",
    "[spark][receiver]")
{
    int runs = 0;
    bool receiving = false;
    const auto receive = [&](Emitter<int>& emitter) -> asio::awaitable<void> {
        ++runs;
        receiving = true;
        if (runs == 1) {
            co_await emitter.emit(1);
            std::vector<int> block{2, 3};
            co_await emitter.emit(std::move(block));
            emitter.reportError("Error");
            CHECK_FALSE(emitter.stopping());
            emitter.restart("restarting", 100ms);
        } else {
            co_await emitter.emit(4);
            co_await emitter.sleep(300ms);
        }
        receiving = false;
    };
    World world;
    Received received{world, {.batchInterval = 1s}, receive};
    const auto& heard = received.spark().heard();
    CHECK(heard.of<ReceiverError>().size() == 1);
    CHECK(heard.of<ReceiverError>().front().message == "Error");
    REQUIRE(heard.of<ReceiverStopped>().size() == 1);
    CHECK(heard.of<ReceiverStopped>().front().message == "restarting");
    CHECK(heard.of<ReceiverStopped>().front().restarts);
    CHECK_FALSE(receiving);
    world.pass(99ms);
    CHECK(runs == 1);
    world.pass(1ms);
    CHECK(runs == 2);
    CHECK(receiving);
    CHECK(heard.of<ReceiverStarted>().size() == 2);
    world.pass(300ms);
    CHECK_FALSE(receiving);
    REQUIRE(heard.of<ReceiverStopped>().size() == 2);
    CHECK_FALSE(heard.of<ReceiverStopped>().back().restarts);
    world.pass(600ms);
    CHECK(received.batches() == std::vector<std::vector<int>>{{1, 2, 3, 4}});
    CHECK(received.blocks() == std::vector<std::vector<std::size_t>>{{1, 2, 1}});
}

TEST_CASE("a receiver that stops itself is not started again, unlike in Spark; one that asks is",
    "[spark][receiver]")
{
    bool asks = false;
    std::size_t starts = 1;
    SECTION("stops itself") {}
    SECTION("asks for a restart")
    {
        asks = true;
        starts = 2;
    }
    int runs = 0;
    const auto receive = [&](Emitter<int>& emitter) -> asio::awaitable<void> {
        if (++runs == 1) {
            if (asks) { emitter.restart("stop"); }
            co_return;
        }
        co_await emitter.sleep(1h);
    };
    World world;
    Received received{world, {.batchInterval = 100ms}, receive};
    received.spark().batches(600);
    CHECK(received.spark().heard().of<ReceiverStarted>().size() == starts);
}

TEST_CASE(
    "records that come one at a time are cut into blocks, and all are there", "[spark][receiver]")
{
    // One each 10 ms for five block intervals and a half.
    Options options{.batchInterval = 1100ms};
    options.blockInterval = 200ms;
    World world;
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (int i = 0;; ++i) {
            co_await emitter.emit(i);
            co_await emitter.sleep(10ms);
        }
    };
    Received received{world, options, receive};
    for (int i = 0; i < 109; ++i) {
        world.pass(10ms);
    }
    received.spark().stop(Stop::graceful);
    CHECK(received.batches() == std::vector<std::vector<int>>{numbers(0, 109)});
    CHECK(received.blocks() == std::vector<std::vector<std::size_t>>{{20, 20, 20, 20, 20, 10}});
}

TEST_CASE("a receiver without pause is held to maxRate, and so are its blocks", "[spark][receiver]")
{
    Options options{.batchInterval = 2s};
    options.blockInterval = 100ms;
    options.backpressure.enabled = false;
    int maxRate = 0;
    SECTION("of 100 records a second")
    {
        maxRate = 100;
    }
    SECTION("of 1001 records a second")
    {
        maxRate = 1001;
    }
    options.maxRate = maxRate;
    int next = 0;
    const auto receive = [&next](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            const int record = next++;
            co_await emitter.emit(record);
        }
    };
    World world;
    Received received{world, options, receive};
    for (int i = 0; i < 1999; ++i) {
        world.pass(1ms);
    }
    received.spark().stop(Stop::graceful);
    REQUIRE(received.batches().size() == 1);
    CHECK(received.batches().front() == numbers(0, next - 1));
    CHECK(next >= maxRate * 2 * 95 / 100);
    CHECK(next <= maxRate * 2 * 105 / 100);
    // The first and the last block may be incomplete.
    const auto& blocks = received.blocks().front();
    CHECK(blocks.size() >= 18);
    CHECK(blocks.size() <= 21);
    const auto perBlock = static_cast<std::size_t>(maxRate) / 10;
    for (std::size_t i = 1; i + 1 < blocks.size(); ++i) {
        CHECK(blocks[i] + 3 >= perBlock);
        CHECK(blocks[i] <= perBlock + perBlock / 10);
    }
}

TEST_CASE("a receiver without pause lets others have their turn, though there is room",
    "[spark][receiver][regression]")
{
    constexpr int many = 1'000'000; // a sixteenth of the buffer
    bool turn = false;
    int emitted = 0;
    const auto receive = [&](Emitter<int>& emitter) -> asio::awaitable<void> {
        asio::post(emitter.executor(), [&turn] { turn = true; });
        for (; emitted < many && !turn; ++emitted) {
            co_await emitter.emit(emitted);
        }
    };
    World world;
    const Received received{world, {.batchInterval = 1s}, receive};
    CHECK(turn);
    CHECK(emitted < many);
}

TEST_CASE("what is emitted keeps its order, and its ranges come with it", "[spark][receiver]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (const int i : numbers(1, 10)) {
            co_await emitter.emit(i);
        }
        co_await emitter.sleep(1s);
        for (const int i : numbers(11, 20)) {
            const auto at = static_cast<std::uint64_t>(i);
            std::vector<int> block{i};
            OffsetRange range{std::to_string(i), 0, at, at + 1};
            co_await emitter.emit(std::move(block), std::move(range));
        }
    };
    World world;
    Received received{world, {.batchInterval = 1s}, receive};
    received.spark().batches(2);
    received.spark().stop(Stop::graceful);
    std::vector<int> all;
    std::vector<std::string> metadata;
    for (const auto& batch : received.batches()) {
        all.insert(all.end(), batch.begin(), batch.end());
    }
    for (const auto& offsets : received.offsets()) {
        for (const auto& range : offsets) {
            metadata.push_back(range.source);
        }
    }
    CHECK(all == numbers(1, 20));
    REQUIRE(metadata.size() == 10);
    CHECK(metadata.front() == "11");
    CHECK(metadata.back() == "20");
}

TEST_CASE("a receiver that was stopped is told so when it emits, and what it emitted counts, "
          "unlike in Spark",
    "[spark][receiver]")
{
    bool aborted = false;
    const auto receive = [&aborted](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (const int i : numbers(1, 1000)) {
            co_await emitter.emit(i);
        }
        try {
            co_await emitter.sleep(1h);
        } catch (const boost::system::system_error&) {
        }
        CHECK(emitter.stopping());
        try {
            co_await emitter.emit(1001);
        } catch (const boost::system::system_error& error) {
            aborted = error.code() == asio::error::operation_aborted;
        }
    };
    World world;
    Received received{world, {.batchInterval = 1s}, receive};
    received.spark().stop(Stop::graceful);
    CHECK(aborted);
    CHECK(received.batches() == std::vector<std::vector<int>>{numbers(1, 1001)});
}

TEST_CASE("the sources that have a receiver are active while it runs", "[spark][receiver]")
{
    World world;
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.sleep(1h);
    };
    const auto active = [](SparkCase& spark) {
        std::size_t count = 0;
        for (const auto& source : spark.context().metrics().sources) {
            if (source.active) { ++count; }
        }
        return count;
    };
    SparkCase one{world, {.batchInterval = 100ms}};
    receiverStream<int>(one.context(), receive) | foreachBatch([](const Batch<int>&) {});
    SparkCase none{world, {.batchInterval = 100ms}};
    none.context().queueStream(BatchQueue<int>{{1}}) | foreachBatch([](const Batch<int>&) {});
    one.start();
    none.start();
    none.batches(1);
    CHECK(active(one) == 1);
    CHECK(active(none) == 0);
    one.stop(Stop::now);
    CHECK(active(one) == 0);
}
