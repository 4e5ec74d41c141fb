#include "spark/spark_case.hpp"

#include <sluice/input/receiver_stream.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

// The cases of Spark Streaming's RateControllerSuite, and of its RateLimiterSuite, on whole
// contexts. What is handed out is nine tenths of the speed that was measured.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchCompleted, sluice::Emitter, sluice::foreachBatch;
using sluice::Options, sluice::receiverStream;
using sluice::test::SparkCase, sluice::test::World;

namespace {
constexpr double headroom = 0.9;

Options slowAtFirst()
{
    Options options{.batchInterval = 1s};
    options.initialRate = 50;
    options.backpressure.pid.minRate = 10;
    return options;
}

/// A receiver without pause, and batches that are processed at so many records per second.
class Speed {
public:
    explicit Speed(const Options& options) : case_{world_, options}
    {
        const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
            for (int i = 0;; ++i) {
                co_await emitter.emit(i);
            }
        };
        receiverStream<int>(case_.context(), receive) | foreachBatch([this](
                                                                         const Batch<int>& batch) {
            // The receiver goes on meanwhile.
            const double milliseconds = 1000 * static_cast<double>(batch.size()) / perSecond_;
            for (int i = 1; i <= milliseconds; ++i) {
                world_.pass(1ms);
            }
            const double rest = milliseconds - std::floor(milliseconds);
            world_.clock().advance(std::chrono::nanoseconds{static_cast<std::int64_t>(rest * 1e6)});
        });
        case_.start();
    }

    /// So many more batches at this speed.
    void batches(double perSecond, std::size_t more)
    {
        perSecond_ = perSecond;
        const std::size_t before = case_.heard().count<BatchCompleted>();
        while (case_.heard().count<BatchCompleted>() < before + more) {
            world_.pass(1ms);
        }
    }

    [[nodiscard]] std::optional<double> limit()
    {
        return case_.context().metrics().sources.front().rateLimit;
    }
    [[nodiscard]] BatchCompleted lastCompleted() const
    {
        return case_.heard().of<BatchCompleted>().back();
    }

private:
    World world_;
    double perSecond_ = 1000;
    SparkCase case_;
};
} // namespace

TEST_CASE("the rate is published after batches were completed", "[spark][backpressure]")
{
    Speed speed{slowAtFirst()};
    speed.batches(1000, 1);
    CHECK(speed.limit() == 50); // of the start
    speed.batches(1000, 3);
    REQUIRE(speed.limit());
    CHECK(*speed.limit() > 50);
}

TEST_CASE("published rates reach the receiver, one after the other", "[spark][backpressure]")
{
    Speed speed{slowAtFirst()};
    for (const double perSecond : {100.0, 200.0, 300.0}) {
        CAPTURE(perSecond);
        speed.batches(perSecond, 4);
        REQUIRE(speed.limit());
        CHECK(std::abs(*speed.limit() - headroom * perSecond) <= headroom);
        const auto batch = speed.lastCompleted();
        CHECK(std::abs(static_cast<double>(batch.records) - headroom * perSecond) <=
              0.05 * perSecond);
        CHECK(batch.schedulingDelay() <= 1ms);
    }
}

TEST_CASE("a receiver that waits for its rate goes on when a higher one is published",
    "[spark][backpressure]")
{
    Options options = slowAtFirst();
    options.initialRate = 1; // a record a second
    Speed speed{options};
    speed.batches(1000, 3);
    REQUIRE(speed.limit());
    CHECK(std::abs(*speed.limit() - headroom * 1000) <= 1);
    speed.batches(1000, 1);
    CHECK(speed.lastCompleted().records >= 800);
}

TEST_CASE("without backpressure no rate is published", "[spark][backpressure]")
{
    Options options = slowAtFirst();
    options.backpressure.enabled = false;
    Speed speed{options};
    speed.batches(1000, 5);
    CHECK(speed.limit() == 50);
}

TEST_CASE("a published rate holds below maxRate, and maxRate above it", "[spark][backpressure]")
{
    Options options = slowAtFirst();
    double expected = 105;
    SECTION("without a maxRate") {}
    SECTION("below maxRate")
    {
        options.maxRate = 110;
    }
    SECTION("above maxRate")
    {
        options.maxRate = 100;
        expected = 100;
    }
    Speed speed{options};
    speed.batches(105 / headroom, 5);
    REQUIRE(speed.limit());
    CHECK(std::abs(*speed.limit() - expected) <= 1);
}

TEST_CASE("batches without records publish nothing", "[spark][backpressure]")
{
    World world;
    Options options{.batchInterval = 1s};
    options.maxRate = 100;
    SparkCase spark{world, options};
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.sleep(1h);
    };
    receiverStream<int>(spark.context(), receive) |
        foreachBatch([&world](const Batch<int>&) { world.clock().advance(1ms); });
    spark.start();
    spark.batches(5);
    CHECK(spark.context().metrics().sources.front().rateLimit == 100);
}
