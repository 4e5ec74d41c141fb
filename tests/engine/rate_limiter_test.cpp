#include <sluice/engine/rate_limiter.hpp>

#include <sluice/algebra/error.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

using namespace std::chrono_literals;
using sluice::Instant, sluice::InvalidArgument;
using sluice::engine::RateLimiter;
using sluice::test::Approx, sluice::test::Random;
using std::chrono::nanoseconds;

namespace {
constexpr Instant start{1'700'000'000s};
constexpr nanoseconds century = std::chrono::years{100};

double seconds(nanoseconds time)
{
    return static_cast<double>(time.count()) / 1e9;
}

RateLimiter limited(double rate, nanoseconds slack, Instant now = start)
{
    RateLimiter limiter{slack};
    limiter.setRate(rate, now);
    return limiter;
}

/// From a thousandth of a record to ten million records per second, evenly over the magnitudes.
double anyRate(Random& random)
{
    return std::pow(10.0, random.number(-300, 700) / 100.0);
}
} // namespace

TEST_CASE("without a rate there is no limit", "[engine][rate_limiter]")
{
    RateLimiter limiter{10ms};
    CHECK(limiter.rate() == std::nullopt);
    CHECK(limiter.due(start) == start);
    limiter.take(std::numeric_limits<std::size_t>::max(), start);
    CHECK(limiter.due(start) == start);
    limiter.setRate(100, start);
    CHECK(limiter.rate() == 100);
    CHECK(limiter.due(start) == start); // what was free stays free
}

TEST_CASE("a record is due after the one before is paid for", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(100, 0ns);
    CHECK(limiter.due(start) == start);
    limiter.take(1, start);
    CHECK(limiter.due(start) == start + 10ms);
    CHECK(limiter.due(start + 4ms) == start + 10ms);
    CHECK(limiter.due(start + 10ms) == start + 10ms);
    CHECK(limiter.due(start + 15ms) == start + 15ms);
    limiter.take(50, start + 10ms);
    CHECK(limiter.due(start + 10ms) == start + 510ms);
    limiter.take(0, start + 10ms);
    CHECK(limiter.due(start + 10ms) == start + 510ms);
}

TEST_CASE("time in which nothing is taken earns nothing", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(100, 0ns);
    limiter.take(1, start);
    limiter.take(1, start + 1h);
    CHECK(limiter.due(start + 1h) == start + 1h + 10ms);
}

TEST_CASE("whoever has used up the slack waits for half of it", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(1000, 10ms); // ten records ahead
    limiter.take(10, start);
    CHECK(limiter.due(start) == start);
    limiter.take(1, start);
    CHECK(limiter.due(start) == start + 6ms);
    limiter.take(1, start + 6ms); // five left, and one
    CHECK(limiter.due(start + 6ms) == start + 6ms);
}

TEST_CASE("single records at a high rate need one wait for each half of the slack",
    "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(1e6, 10ms);
    Instant now = start;
    int waits = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        const Instant due = limiter.due(now);
        if (due > now) {
            ++waits;
            now = due;
        }
        limiter.take(1, now);
    }
    CHECK(waits <= 200);
    CHECK(seconds(now - start) == Approx(1).epsilon(0.02));
}

TEST_CASE("what was taken too much is paid at the new rate", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(100, 0ns);
    limiter.take(100, start);
    limiter.setRate(10, start + 500ms); // 50 are paid
    CHECK(limiter.due(start + 500ms) == start + 5500ms);
    limiter.setRate(1000, start + 1500ms); // and 10 more
    CHECK(limiter.due(start + 1500ms) == start + 1540ms);
    limiter.setRate(1000, start + 1500ms);
    CHECK(limiter.due(start + 1500ms) == start + 1540ms);
}

TEST_CASE("lifting the limit forgives what is owed", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(1, 1ms);
    limiter.take(1'000'000, start);
    limiter.setRate(std::nullopt, start);
    CHECK(limiter.rate() == std::nullopt);
    CHECK(limiter.due(start) == start);
    limiter.setRate(1, start);
    CHECK(limiter.due(start) == start);
}

TEST_CASE("a clock that stands still or is set back gives nothing away", "[engine][rate_limiter]")
{
    RateLimiter limiter = limited(10, 0ns);
    for (int i = 1; i <= 5; ++i) {
        limiter.take(1, start);
        CHECK(limiter.due(start) == start + i * 100ms);
    }
    limiter.take(1, start - 1h);
    CHECK(limiter.due(start - 1h) == start + 600ms);
    CHECK(limiter.due(start + 600ms) == start + 600ms);
}

TEST_CASE("a rate must be finite and positive", "[engine][rate_limiter][errors]")
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    RateLimiter limiter = limited(5, 0ns);
    for (const double wrong :
        {0.0, -1.0, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(limiter.setRate(wrong, start), InvalidArgument);
        CHECK(limiter.rate() == 5);
    }
}

TEST_CASE("extreme rates, takes and times stay within a century", "[engine][rate_limiter][errors]")
{
    constexpr double least = std::numeric_limits<double>::denorm_min();
    constexpr double most = std::numeric_limits<double>::max();
    for (const nanoseconds slack :
        {nanoseconds::min(), -1ns, 0ns, 1ns, 10'000'000ns, nanoseconds::max()}) {
        for (const double rate : {least, 1e-9, 1.0, 1e18, most}) {
            for (const std::size_t records :
                {std::size_t{0}, std::size_t{1}, std::numeric_limits<std::size_t>::max()}) {
                CAPTURE(slack.count(), rate, records);
                Instant last = Instant::min();
                RateLimiter limiter = limited(rate, slack, last);
                for (const Instant now : {Instant::min(), Instant{}, start, start,
                         Instant::max() - 1ns, Instant::max()}) {
                    limiter.take(records, now);
                    const Instant due = limiter.due(now);
                    CHECK(due >= now);
                    CHECK((now > Instant::max() - century || due <= now + century));
                    limiter.setRate(rate, now);
                    CHECK(limiter.due(now) == due);
                    last = now;
                }
            }
        }
    }
    RateLimiter limiter = limited(least, 0ns);
    limiter.take(1, start);
    CHECK(limiter.due(start) == start + century);
    limiter.setRate(1000, start);
    CHECK(limiter.due(start) == start + 1ms);
}

TEST_CASE(
    "no window sees more than its time, the slack and one take allow", "[engine][rate_limiter]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 100; ++run) {
        const double rate = anyRate(random);
        const nanoseconds slack{random.number(0, 100'000'000)};
        RateLimiter limiter = limited(rate, slack);
        struct Taken {
            Instant at;
            double records;
        };
        std::vector<Taken> takes;
        Instant now = start;
        for (int i = 0; i < 100; ++i) {
            if (random.below(5) == 0) {
                now += nanoseconds{static_cast<long>(random.number(0, 300) / 100.0 / rate * 1e9)};
            }
            now = limiter.due(now);
            // A timer that is late.
            if (random.below(3) == 0) { now += nanoseconds{random.number(0, 1'000'000)}; }
            const std::size_t records = random.below(4) == 0 ? random.below(1000) : 1;
            limiter.take(records, now);
            takes.push_back({now, static_cast<double>(records)});
        }
        CAPTURE(run, rate, slack.count());
        for (std::size_t from = 0; from < takes.size(); ++from) {
            double before = 0; // all of the window but its last take
            for (std::size_t to = from; to < takes.size(); ++to) {
                const double window = seconds(takes[to].at - takes[from].at + slack);
                // Half a nanosecond is what a time can be off.
                if (before > rate * (window + 1e-9) * (1 + 1e-9)) {
                    CAPTURE(from, to, before, window);
                    FAIL_CHECK("too many records");
                }
                before += takes[to].records;
            }
        }
    }
}

TEST_CASE("whoever comes when it is due gets the whole rate", "[engine][rate_limiter]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 100; ++run) {
        const double rate = anyRate(random);
        const nanoseconds slack{random.number(0, 100'000'000)};
        RateLimiter limiter = limited(rate, slack);
        Instant now = start;
        double taken = 0;
        double last = 0;
        for (int i = 0; i < 1000; ++i) {
            const Instant due = limiter.due(now);
            CHECK(limiter.due(due) == due); // what is promised is kept
            if (due > now) {
                // The rate was used up to here.
                CHECK(taken >= rate * seconds(now - start) * (1 - 1e-6) - 1e-6);
            }
            now = due;
            last = static_cast<double>(1 + random.below(20));
            limiter.take(static_cast<std::size_t>(last), now);
            taken += last;
        }
        CAPTURE(run, rate, slack.count());
        const double allowed = rate * seconds(now - start + slack) + last;
        CHECK(taken <= allowed * (1 + 1e-6));
    }
}

TEST_CASE("changing the rate neither forgives nor adds debt", "[engine][rate_limiter]")
{
    Random random;
    CAPTURE(random.seed());
    for (int run = 0; run < 200; ++run) {
        CAPTURE(run);
        // Pays one debt at changing rates, with the sum kept beside it.
        double rate = anyRate(random);
        RateLimiter limiter = limited(rate, 0ns);
        const auto debt = static_cast<double>(1 + random.below(1'000'000));
        limiter.take(static_cast<std::size_t>(debt), start);
        Instant now = start;
        double left = debt;
        for (int i = 0; i < 20; ++i) {
            const double next = anyRate(random);
            const double share = random.number(0, 90) / 100.0;
            const auto pause =
                nanoseconds{static_cast<long>(std::min(left / rate * share, 1e6) * 1e9)};
            now += pause;
            left -= rate * seconds(pause);
            limiter.setRate(next, now);
            rate = next;
            const double wait = seconds(limiter.due(now) - now);
            CAPTURE(i, rate, left, wait);
            CHECK(
                wait == Approx(std::min(left / rate, seconds(century))).epsilon(1e-6).margin(2e-9));
        }
    }
}
