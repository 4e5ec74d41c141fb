#include <sluice/engine/rate_controller.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/engine/rate_limiter.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::Instant, sluice::InvalidArgument;
using sluice::engine::RateController, sluice::engine::RateLimiter, sluice::engine::RateSettings;
using sluice::test::Approx, sluice::test::Random;
using std::chrono::nanoseconds;

namespace {
std::string refusalOf(const RateSettings& settings)
{
    try {
        const RateController controller{settings};
        return {};
    } catch (const InvalidArgument& error) {
        return error.what();
    }
}

/// Completes two batches, a second apart, that were processed at `speed` with nothing waiting; the
/// first only gives the estimator its start.
void completeTwo(RateController& controller, std::size_t speed, Instant& now)
{
    for (int i = 0; i < 2; ++i) {
        now += 1s;
        controller.batchCompleted(now, speed / 2, 500ms, 0ns);
    }
}
} // namespace

TEST_CASE(
    "without options a source has no limit before the first estimate", "[engine][rate_controller]")
{
    const RateController controller{{.batchInterval = 1s}};
    CHECK(controller.limit() == std::nullopt);
    CHECK(controller.latestRate() == std::nullopt);
}

TEST_CASE("the first limit is the smaller of initialRate and maxRate", "[engine][rate_controller]")
{
    CHECK(RateController{{.maxRate = 100, .batchInterval = 1s}}.limit() == 100);
    CHECK(RateController{{.initialRate = 70, .batchInterval = 1s}}.limit() == 70);
    CHECK(RateController{{.maxRate = 100, .initialRate = 70, .batchInterval = 1s}}.limit() == 70);
    CHECK(RateController{{.maxRate = 100, .initialRate = 700, .batchInterval = 1s}}.limit() == 100);
}

TEST_CASE("before there is an estimate the first batch's speed is the limit, less the headroom",
    "[engine][rate_controller]")
{
    RateController controller{{.batchInterval = 1s}};
    CHECK(controller.isBlind());
    controller.batchCompleted(Instant{1s}, 0, 5ms, 0ns); // says nothing
    CHECK(controller.isBlind());
    controller.batchCompleted(Instant{2s}, 1000, 500ms, 0ns);
    CHECK_FALSE(controller.isBlind());
    CHECK(controller.limit().value() == Approx(1800));
    CHECK(controller.latestRate() == std::nullopt);
    controller.batchCompleted(Instant{3s}, 1000, 1s, 0ns);
    CHECK(controller.limit().value() == Approx(900));
    const RateController limited{{.maxRate = 10, .batchInterval = 1s}};
    CHECK_FALSE(limited.isBlind());
    const RateController off{{.enabled = false, .batchInterval = 1s}};
    CHECK_FALSE(off.isBlind());
}

TEST_CASE("an estimate replaces the first limit, less the headroom", "[engine][rate_controller]")
{
    RateController controller{{.initialRate = 70, .batchInterval = 1s}};
    Instant now{};
    completeTwo(controller, 1000, now);
    CHECK(controller.latestRate() == 1000);
    CHECK(controller.limit().value() == Approx(900));
    for (const std::size_t speed : {200U, 300U, 40'000U}) {
        CAPTURE(speed);
        completeTwo(controller, speed, now);
        CHECK(controller.latestRate() == static_cast<double>(speed));
        CHECK(controller.limit().value() == Approx(0.9 * static_cast<double>(speed)));
    }
}

TEST_CASE("the limit stays below maxRate despite large estimates", "[engine][rate_controller]")
{
    RateController controller{{.maxRate = 950, .initialRate = 70, .batchInterval = 1s}};
    Instant now{};
    completeTwo(controller, 1000, now);
    CHECK(controller.limit().value() == Approx(900)); // the estimate is scaled, maxRate is not
    completeTwo(controller, 100'000, now);
    CHECK(controller.latestRate() == 100'000);
    CHECK(controller.limit() == 950);
    completeTwo(controller, 500, now);
    CHECK(controller.limit().value() == Approx(450));
}

TEST_CASE("estimates are whole numbers, and none below one counts", "[engine][rate_controller]")
{
    RateController controller{{.pid = {.minRate = 0.25}, .initialRate = 70, .batchInterval = 1s}};
    controller.batchCompleted(Instant{1s}, 10, 3s, 0ns);
    controller.batchCompleted(Instant{2s}, 10, 3s, 0ns);
    CHECK(controller.latestRate() == 3);
    CHECK(controller.limit().value() == Approx(2.7));
    controller.batchCompleted(Instant{3s}, 1, 3s, 0ns);
    CHECK(controller.latestRate() == 3);
    CHECK(controller.limit().value() == Approx(2.7));
}

TEST_CASE("empty batches and batches without processing time leave the limit alone",
    "[engine][rate_controller]")
{
    RateController controller{{.batchInterval = 1s}};
    Instant now{};
    completeTwo(controller, 1000, now);
    controller.batchCompleted(now + 1s, 0, 1ms, 10s);
    controller.batchCompleted(now + 2s, 5, 0ns, 10s);
    controller.batchCompleted(now, 5, 1ms, 0ns);
    CHECK(controller.latestRate() == 1000);
}

TEST_CASE("what waits lowers the limit", "[engine][rate_controller]")
{
    RateController controller{{.batchInterval = 1s}};
    controller.batchCompleted(Instant{1s}, 1000, 1s, 0ns);
    controller.batchCompleted(Instant{2s}, 1000, 1s, 500ms);
    CHECK(controller.latestRate() == 900); // 1000 - 0.2 * 500
}

TEST_CASE("batches shorter than a millisecond are measured", "[engine][rate_controller]")
{
    RateController controller{{.batchInterval = 1ms}};
    controller.batchCompleted(Instant{1'700'000'000s + 1ms}, 50, 250us, 0ns);
    controller.batchCompleted(Instant{1'700'000'000s + 2ms}, 50, 250us, 0ns);
    CHECK(controller.limit().value() == Approx(180'000));
}

TEST_CASE("a controller that is off keeps the first limit", "[engine][rate_controller]")
{
    RateController controller{
        {.enabled = false, .maxRate = 100, .initialRate = 70, .batchInterval = 1s}};
    Instant now{};
    completeTwo(controller, 1000, now);
    CHECK(controller.latestRate() == std::nullopt);
    CHECK(controller.limit() == 70);
}

TEST_CASE("the controller names the option that is wrong and what would do",
    "[engine][rate_controller][errors]")
{
    CHECK(refusalOf({.batchInterval = 1s}).empty());
    CHECK(refusalOf({.maxRate = 0.5, .initialRate = 1e300, .batchInterval = 1s}).empty());
    CHECK(refusalOf({.maxRate = 0, .batchInterval = 1s}) ==
          "sluice: maxRate: 0.000000 records per second given, must be finite and positive; leave "
          "it empty for no limit");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const double wrong :
        {0.0, -1.0, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(wrong);
        CHECK(refusalOf({.maxRate = wrong, .batchInterval = 1s}).starts_with("sluice: maxRate: "));
        CHECK(refusalOf({.initialRate = wrong, .batchInterval = 1s})
                  .starts_with("sluice: initialRate: "));
    }
    CHECK(refusalOf({.batchInterval = 0ms}).starts_with("sluice: batchInterval: "));
    CHECK(refusalOf({.enabled = false, .pid = {.minRate = 0}, .batchInterval = 1s})
              .starts_with("sluice: backpressure.pid.minRate: "));
}

namespace {
/// One batch of a simulated run.
struct Simulated {
    std::size_t records;
    nanoseconds processing;
    double limit; // when it was cut; 0 is none
};

/// A sender, a receiver with a limiter and a buffer, and a pipeline, in simulated time: batches are
/// cut each interval and run one after the other.
struct Simulation {
    double speed = 20'000;         ///< of the pipeline, records per second
    double noise = 0.05;           ///< by how much, up or down, a batch's speed differs
    double senderSpeed = 200'000;  ///< records per second
    std::size_t block = 40;        ///< records that it sends at once, at most
    std::size_t buffered = 60'000; ///< records accepted and not processed, at most

    std::vector<Simulated> run(
        const RateSettings& settings, std::size_t batches, Random& random) const
    {
        struct Waiting {
            std::size_t records;
            Instant cut;
            nanoseconds processing;
            nanoseconds waited;
        };
        RateController controller{settings};
        RateLimiter limiter{2ms};
        Instant now{1'700'000'000s};
        limiter.setRate(controller.limit(), now);
        Instant tick = now + settings.batchInterval;
        Instant sent = now;            // when the sender has its next block
        Instant ends = Instant::max(); // of the batch under way
        std::deque<Waiting> queue;
        std::size_t open = 0; // records of the next batch
        std::size_t held = 0;
        std::vector<Simulated> done;
        const auto begin = [&] {
            if (queue.empty() || ends != Instant::max()) { return; }
            Waiting& next = queue.front();
            const double off = noise * random.number(-1000, 1000) / 1000.0;
            next.waited = now - next.cut;
            next.processing = nanoseconds{
                static_cast<long>(static_cast<double>(next.records) / (speed * (1 + off)) * 1e9)};
            ends = now + next.processing;
        };
        while (done.size() < batches) {
            const Instant accepts =
                held < buffered ? std::max(sent, limiter.due(std::max(now, sent))) : Instant::max();
            now = std::max(now, std::min({ends, tick, accepts}));
            if (ends <= now) {
                const Waiting batch = queue.front();
                queue.pop_front();
                held -= batch.records;
                controller.batchCompleted(ends, batch.records, batch.processing, batch.waited);
                limiter.setRate(controller.limit(), now);
                done.push_back({batch.records, batch.processing, controller.limit().value_or(0)});
                ends = Instant::max();
                begin();
            } else if (tick <= now) {
                queue.push_back({open, now, 0ns, 0ns});
                open = 0;
                tick += settings.batchInterval;
                begin();
            } else {
                const std::size_t records = std::min(1 + random.below(block), buffered - held);
                limiter.take(records, now);
                open += records;
                held += records;
                sent = now + nanoseconds{static_cast<long>(
                                 static_cast<double>(records) / senderSpeed * 1e9)};
            }
        }
        return done;
    }
};

/// Whether a run has come to rest: from batch 11 on the limit is near its mean and no batch takes
/// longer than its interval.
void checkAtRest(const std::vector<Simulated>& run, double speed)
{
    double sum = 0;
    for (std::size_t i = 10; i < run.size(); ++i) {
        sum += run[i].limit;
    }
    const double mean = sum / static_cast<double>(run.size() - 10);
    CAPTURE(mean);
    CHECK(mean == Approx(0.9 * speed).epsilon(0.05));
    for (std::size_t i = 10; i < run.size(); ++i) {
        CAPTURE(i, run[i].records, run[i].limit);
        CHECK(std::abs(run[i].limit - mean) <= 0.2 * mean);
        CHECK(run[i].processing < 1s);
        CHECK(run[i].processing > 700ms); // and the pipeline is kept busy
    }
}
} // namespace

TEST_CASE("a sender ten times too fast is slowed to what the pipeline can do",
    "[engine][rate_controller]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 20; ++run) {
        CAPTURE(run);
        // Only the buffer bounds the first batches: they take three intervals each.
        const Simulation fast;
        checkAtRest(fast.run({.batchInterval = 1s}, 60, random), fast.speed);
    }
}

TEST_CASE("an initial rate spares the first batches", "[engine][rate_controller]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 20; ++run) {
        CAPTURE(run);
        const Simulation fast;
        const std::vector<Simulated> batches =
            fast.run({.initialRate = 10'000, .batchInterval = 1s}, 60, random);
        for (const Simulated& batch : batches) {
            CHECK(batch.processing < 1s);
        }
        checkAtRest(batches, fast.speed);
    }
}

TEST_CASE("what a slow pipeline can do is found too", "[engine][rate_controller]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 20; ++run) {
        CAPTURE(run);
        const Simulation slow{.speed = 400, .senderSpeed = 4000, .block = 1, .buffered = 1200};
        checkAtRest(slow.run({.batchInterval = 1s}, 60, random), slow.speed);
    }
}
