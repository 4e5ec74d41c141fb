#include <sluice/input/receiver_stream.hpp>

#include "spark/spark_case.hpp"

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The cases of Spark Streaming's ReceivedBlockTrackerSuite, ReceivedBlockHandlerSuite,
// ReceiverInputDStreamSuite and JobGeneratorSuite that need neither a log nor a block store.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchSubmitted, sluice::Channel, sluice::Emitter;
using sluice::foreachBatch, sluice::OffsetRange, sluice::Options, sluice::Partition;
using sluice::receiverStream, sluice::Stop, sluice::toChannel;
using sluice::test::SparkCase, sluice::test::World;

namespace {
Options everySecond()
{
    Options options{.batchInterval = 1s};
    options.backpressure.enabled = false;
    return options;
}

/// Emits `count` blocks of one record, now and again after each `pause`.
auto blocksEvery(int count, sluice::Duration pause)
{
    return [count, pause](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            for (int i = 0; i < count; ++i) {
                std::vector<int> block{i};
                co_await emitter.emit(std::move(block));
            }
            co_await emitter.sleep(pause);
        }
    };
}

/// Ten blocks of ten of the texts from "0" to "99".
std::vector<std::vector<std::string>> hundredTexts()
{
    std::vector<std::vector<std::string>> blocks(10);
    for (std::size_t i = 0; i < 100; ++i) {
        blocks[i / 10].push_back(std::to_string(i));
    }
    return blocks;
}
} // namespace

TEST_CASE(
    "all blocks of all receivers go into the next batch, and into no other", "[spark][receiver]")
{
    World world;
    SparkCase spark{world, everySecond()};
    std::vector<std::size_t> first;
    std::vector<std::size_t> second;
    const auto into = [](std::vector<std::size_t>& blocks) {
        return foreachBatch(
            [&blocks](const Batch<int>& batch) { blocks.push_back(batch.partitions().size()); });
    };
    receiverStream<int>(spark.context(), blocksEvery(5, 2500ms)) | into(first);
    receiverStream<int>(spark.context(), blocksEvery(3, 1h)) | into(second);
    spark.start();
    CHECK(first.empty());
    spark.batches(1);
    CHECK(first == std::vector<std::size_t>{5});
    CHECK(second == std::vector<std::size_t>{3});
    spark.batches(1); // nothing came
    CHECK(first == std::vector<std::size_t>{5, 0});
    spark.batches(1); // five more
    CHECK(first == std::vector<std::size_t>{5, 0, 5});
    CHECK(second == std::vector<std::size_t>{3, 0, 0});
}

TEST_CASE("a batch may have a hundred thousand blocks", "[spark][receiver]")
{
    World world;
    SparkCase spark{world, everySecond()};
    std::vector<std::size_t> blocks;
    receiverStream<int>(spark.context(), blocksEvery(100'000, 1h)) |
        foreachBatch([&](const Batch<int>& batch) { blocks.push_back(batch.partitions().size()); });
    spark.start();
    spark.batches(2);
    CHECK(blocks == std::vector<std::size_t>{100'000, 0});
    CHECK(spark.heard().of<BatchSubmitted>().front().records == 100'000);
}

TEST_CASE("blocks are counted and come as they were stored, in whatever form", "[spark][receiver]")
{
    World world;
    SparkCase spark{world, everySecond()};
    enum class Form { records, recordsWithRange, ownedMemory };
    const Form form = GENERATE(Form::records, Form::recordsWithRange, Form::ownedMemory);
    const auto receive = [form](Emitter<std::string>& emitter) -> asio::awaitable<void> {
        for (auto& block : hundredTexts()) {
            if (form == Form::records) {
                co_await emitter.emit(std::move(block));
            } else if (form == Form::recordsWithRange) {
                OffsetRange range{"texts", 0, 0, block.size()};
                co_await emitter.emit(std::move(block), std::move(range));
            } else {
                const auto kept = std::make_shared<std::vector<std::string>>(std::move(block));
                Partition<std::string> partition{kept, std::span<const std::string>{*kept}};
                co_await emitter.emit(std::move(partition), 100);
            }
        }
    };
    std::vector<std::vector<std::string>> stored;
    receiverStream<std::string>(spark.context(), receive) |
        foreachBatch([&](const Batch<std::string>& batch) {
            for (const auto& partition : batch.partitions()) {
                stored.emplace_back(partition.records().begin(), partition.records().end());
            }
        });
    spark.start();
    spark.batches(1);
    CHECK(stored == hundredTexts());
    CHECK(spark.heard().of<BatchSubmitted>().front().records == 100);
}

TEST_CASE("an error while a block is made loses that block alone, and the receiver starts again",
    "[spark][receiver][errors]")
{
    World world;
    SparkCase spark{world, everySecond()};
    int runs = 0;
    const auto receive = [&runs](Emitter<int>& emitter) -> asio::awaitable<void> {
        std::vector<int> whole{1, 2, 3};
        if (++runs > 1) { whole = {4}; }
        co_await emitter.emit(std::move(whole));
        if (runs > 1) { co_return; }
        std::vector<int> partial;
        for (int i = 10; i >= -10; --i) {
            if (i == 0) { throw std::domain_error{"divided by zero"}; }
            partial.push_back(100 / i);
        }
        co_await emitter.emit(std::move(partial));
    };
    std::vector<int> seen;
    receiverStream<int>(spark.context(), receive) | foreachBatch([&](const Batch<int>& batch) {
        seen.insert(seen.end(), batch.begin(), batch.end());
    });
    spark.start();
    spark.batches(2);
    CHECK(seen == std::vector{1, 2, 3, 4});
    CHECK(spark.heard().of<sluice::ReceiverStopped>().front().message == "divided by zero");
}

TEST_CASE("a block that is larger than the buffer is taken whole, and the receiver waits for room, "
          "unlike in Spark, which refuses it",
    "[spark][receiver]")
{
    World world;
    Options options = everySecond();
    options.maxBufferedBytes = 4800;
    SparkCase spark{world, options};
    bool goesOn = false;
    const auto receive = [&goesOn](Emitter<std::string>& emitter) -> asio::awaitable<void> {
        std::vector<std::string> block(70, std::string(100, 'x'));
        co_await emitter.emit(std::move(block));
        goesOn = true;
    };
    std::vector<std::size_t> records;
    receiverStream<std::string>(spark.context(), receive) |
        foreachBatch([&](const Batch<std::string>& batch) { records.push_back(batch.size()); });
    spark.start();
    CHECK_FALSE(goesOn);
    spark.batches(1);
    CHECK(records == std::vector<std::size_t>{70});
    CHECK(goesOn);
}

TEST_CASE("a receiver that brings nothing gives batches without partitions", "[spark][receiver]")
{
    World world;
    SparkCase spark{world, everySecond()};
    std::vector<std::size_t> partitions;
    receiverStream<int>(spark.context(), blocksEvery(0, 1h)) |
        foreachBatch([&](const Batch<int>& batch) {
            CHECK(batch.empty());
            partitions.push_back(batch.partitions().size());
        });
    spark.start();
    spark.batches(2);
    CHECK(partitions == std::vector<std::size_t>{0, 0});
}

TEST_CASE("a batch that takes long keeps its blocks while later ones are cut", "[spark][receiver]")
{
    constexpr int batches = 10;
    World world;
    SparkCase spark{world, everySecond()};
    int next = 0;
    const auto receive = [&next](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.sleep(500ms);
        for (;;) {
            std::vector<int> block{++next};
            co_await emitter.emit(std::move(block));
            co_await emitter.sleep(1s);
        }
    };
    // Nobody reads yet, so that the second batch cannot end while eight more are cut.
    Channel<int> channel = receiverStream<int>(spark.context(), receive) | toChannel(1);
    spark.start();
    for (int i = 0; i < 2 * batches; ++i) {
        world.pass(500ms);
    }
    CHECK(spark.heard().of<BatchSubmitted>().size() == batches);
    CHECK(spark.heard().of<sluice::BatchCompleted>().size() == 1);
    std::vector<std::vector<int>> read;
    const auto readAll = [&read](Channel<int> from) -> asio::awaitable<void> {
        while (auto batch = co_await from.next()) {
            read.emplace_back(batch->begin(), batch->end());
        }
    };
    asio::co_spawn(world.executor().executor(), readAll(std::move(channel)), asio::detached);
    world.executor().run();
    REQUIRE(read.size() == batches);
    for (int i = 0; i < batches; ++i) {
        CHECK(read[static_cast<std::size_t>(i)] == std::vector{i + 1});
    }
}
