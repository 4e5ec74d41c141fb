#include "spark/spark_case.hpp"

#include <sluice/input/pull_stream.hpp>
#include <sluice/input/receiver_stream.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The cases of Spark Streaming's StreamingContextSuite that are about what a context holds: its
// streams, its sources, other contexts.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::cache, sluice::count, sluice::DStream;
using sluice::Emitter, sluice::foreachBatch, sluice::IllegalState, sluice::map;
using sluice::OffsetRange, sluice::Options, sluice::pullStream, sluice::receiverStream;
using sluice::reduce, sluice::State, sluice::Stop, sluice::union_;
using sluice::test::SparkCase, sluice::test::World;

namespace {
Options everyHalfSecond()
{
    return {.batchInterval = 500ms, .parallelism = 2};
}

BatchQueue<int> threeBatches()
{
    return {{1}, {1, 2}, {1, 2, 3}};
}

constexpr auto ignore = [](const auto&) {};

/// What `create` is refused with.
std::string refusalOf(const std::function<void()>& create)
{
    try {
        create();
    } catch (const IllegalState& error) {
        return error.what();
    }
    return {};
}

/// A log whose records are their offsets, and which grows by two whenever it is asked.
class GrowingLog {
public:
    struct State {
        std::uint64_t end = 0;
        std::vector<std::uint64_t> acknowledged;
        bool broken = false;
    };
    explicit GrowingLog(std::shared_ptr<State> state) : state_{std::move(state)} {}

    std::vector<std::uint64_t> latest()
    {
        if (state_->broken) { throw std::runtime_error{"error in latest"}; }
        return {state_->end += 2};
    }
    std::vector<std::uint64_t> read(const OffsetRange& range)
    {
        std::vector<std::uint64_t> records;
        for (auto offset = range.from; offset < range.until; ++offset) {
            records.push_back(offset);
        }
        return records;
    }
    void acknowledge(const OffsetRange& range) { state_->acknowledged.push_back(range.until); }

private:
    std::shared_ptr<State> state_;
};

/// A source that cannot cut its second batch.
class BrokenSource final : public sluice::SourceStage {
public:
    using SourceStage::SourceStage;

    void cut(sluice::BatchMetadata& batch) override
    {
        if (batch.index == 1) { throw std::runtime_error{"error in generation"}; }
        give(batch, {}, 0);
    }
};
} // namespace

TEST_CASE("nothing can be added to a context that was started or stopped", "[spark][lifecycle]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    auto& context = spark.context();
    const auto input = context.queueStream(threeBatches());
    const auto mapped = input | map([](int x) { return x; });
    mapped | foreachBatch(ignore);
    const auto refusesAll = [&](const std::string& word) {
        CAPTURE(word);
        const auto refuses = [&](const std::function<void()>& create) {
            return refusalOf(create).find(word) != std::string::npos;
        };
        CHECK(refuses([&] { (void)context.queueStream(threeBatches()); }));
        CHECK(refuses([&] { (void)context.generatorStream([](auto) { return 1; }, 1); }));
        CHECK(refuses([&] { (void)context.socketTextStream("localhost", 1); }));
        CHECK(refuses([&] { (void)pullStream(context, GrowingLog{nullptr}); }));
        CHECK(refuses([&] { (void)(mapped | cache()); }));
        CHECK(refuses([&] { (void)(mapped | count()); }));
        CHECK(refuses([&] { (void)(mapped | reduce([](int a, int b) { return a + b; })); }));
        CHECK(refuses([&] { (void)(input | union_(mapped)); }));
        CHECK(refuses([&] { mapped | foreachBatch(ignore); }));
        CHECK(refuses([&] { mapped | sluice::print(); }));
        CHECK(refuses([&] { (void)(mapped | sluice::toChannel()); }));
    };
    spark.start();
    refusesAll("started");
    spark.stop(Stop::now);
    refusesAll("stopped");
}

TEST_CASE("a narrow operator adds nothing to its context, so that it is never refused, unlike in "
          "Spark",
    "[spark][lifecycle]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    const auto input = spark.context().queueStream(threeBatches());
    input | foreachBatch(ignore);
    const std::string plan = spark.context().explain();
    spark.start();
    CHECK_NOTHROW(input | map([](int x) { return x * 2; }));
    CHECK(spark.context().explain() == plan);
}

TEST_CASE("a source that feeds no output does not run, and disturbs nobody", "[spark][lifecycle]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    BatchQueue<int> unused = threeBatches();
    bool received = false;
    (void)spark.context().queueStream(unused);
    (void)receiverStream<int>(spark.context(), [&received](Emitter<int>&) -> asio::awaitable<void> {
        received = true;
        co_return;
    });
    std::vector<std::size_t> sizes;
    spark.context().queueStream(threeBatches()) |
        foreachBatch([&sizes](const Batch<int>& batch) { sizes.push_back(batch.size()); });
    spark.start();
    spark.batches(2);
    spark.stop(Stop::now);
    CHECK_NOTHROW(spark.context().awaitTermination());
    CHECK(sizes == std::vector<std::size_t>{1, 2});
    CHECK(unused.size() == 3);
    CHECK_FALSE(received);
    for (const auto& batch : spark.heard().of<sluice::BatchSubmitted>()) {
        CHECK(batch.inputs.size() == 1);
    }
}

TEST_CASE("any number of contexts may be active, unlike in Spark", "[spark][lifecycle]")
{
    World world;
    SparkCase often{world, {.batchInterval = 1s}};
    SparkCase seldom{world, {.batchInterval = 10s}};
    int inOften = 0;
    int inSeldom = 0;
    often.context().queueStream(threeBatches()) |
        foreachBatch([&](const Batch<int>&) { ++inOften; });
    seldom.context().queueStream(threeBatches()) |
        foreachBatch([&](const Batch<int>&) { ++inSeldom; });
    often.start();
    CHECK_NOTHROW(seldom.start());
    CHECK(often.context().state() == State::active);
    CHECK(seldom.context().state() == State::active);
    often.batches(20);
    CHECK(inOften == 20);
    CHECK(inSeldom == 2);
    often.stop(Stop::now);
    CHECK(seldom.context().state() == State::active);
    seldom.batches(1);
    CHECK(inSeldom == 3);
}

TEST_CASE("what a source throws when a batch is cut is what awaitTermination throws",
    "[spark][lifecycle][errors]")
{
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        CAPTURE(seed);
        World world{seed};
        SparkCase spark{world, everyHalfSecond()};
        sluice::engine::Runtime& runtime = spark.context();
        DStream<int> broken{
            runtime, sluice::engine::makeStage<BrokenSource>(runtime.newStage("broken"))};
        int batches = 0;
        broken | foreachBatch([&batches](const Batch<int>&) { ++batches; });
        spark.start();
        spark.batches(3);
        CHECK(batches == 1);
        CHECK(spark.context().state() == State::stopped);
        CHECK_THROWS_WITH(spark.context().awaitTermination(), "error in generation");
    }
}

TEST_CASE("a pull source that throws when it is asked costs no batch, and the context goes on",
    "[spark][lifecycle][errors]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    const auto log = std::make_shared<GrowingLog::State>();
    std::vector<std::size_t> sizes;
    pullStream(spark.context(), GrowingLog{log}) |
        foreachBatch([&](const Batch<std::uint64_t>& batch) { sizes.push_back(batch.size()); });
    spark.start();
    spark.batches(1);
    log->broken = true;
    spark.batches(1);
    log->broken = false;
    spark.batches(1);
    CHECK(sizes == std::vector<std::size_t>{2, 0, 2});
    const auto errors = spark.heard().of<sluice::ReceiverError>();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().message == "latest(): error in latest");
}

TEST_CASE("a graceful stop reads and acknowledges the batches that wait, without an error",
    "[spark][lifecycle]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        World world{seed};
        Options options = everyHalfSecond();
        options.backpressure.enabled = false;
        SparkCase spark{world, options};
        const auto log = std::make_shared<GrowingLog::State>();
        std::vector<std::uint64_t> seen;
        pullStream(spark.context(), GrowingLog{log}) |
            foreachBatch([&](const Batch<std::uint64_t>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        spark.start();
        world.clock().advance(1500ms); // three batches are due, and none was cut
        for (std::uint64_t i = 0; i < seed; ++i) {
            (void)world.executor().runOne();
        }
        spark.stop(Stop::graceful);
        CHECK_NOTHROW(spark.context().awaitTermination());
        CHECK(seen.size() == log->end);
        CHECK(std::is_sorted(seen.begin(), seen.end()));
        REQUIRE_FALSE(log->acknowledged.empty());
        CHECK(log->acknowledged.back() == log->end);
        CHECK(spark.heard().of<sluice::ReceiverError>().empty());
    }
}

TEST_CASE("the metrics answer before the start, while batches run, and after the stop",
    "[spark][lifecycle]")
{
    World world;
    SparkCase spark{world, everyHalfSecond()};
    spark.context().queueStream(threeBatches()) | foreachBatch(ignore);
    CHECK_FALSE(spark.context().metrics().startedAt);
    world.pass(200ms);
    spark.start();
    CHECK(spark.context().metrics().startedAt == sluice::Instant{200ms});
    CHECK(spark.context().metrics().batchesCompleted == 0);
    spark.batches(2);
    CHECK(spark.context().metrics().batchesCompleted == 2);
    CHECK(spark.context().metrics().processedRecords == 3);
    spark.stop(Stop::now);
    spark.batches(1);
    CHECK(spark.context().metrics().batchesCompleted == 2);
    CHECK(spark.context().metrics().runningBatches() == 0);
}
