#include <sluice/engine/clock.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Instant, sluice::makeSystemClock, sluice::Timer;

namespace {
asio::awaitable<void> wait(Timer& timer, Instant until, int& ended)
{
    co_await timer.waitUntil(until);
    ++ended;
}
} // namespace

TEST_CASE("the system clock shows the time of day and never goes back", "[engine][clock]")
{
    const auto clock = makeSystemClock();
    const auto first = clock->now();
    CHECK(std::chrono::abs(first - std::chrono::system_clock::now()) < 5s);
    auto before = first;
    for (int i = 0; i < 1000; ++i) {
        const auto now = clock->now();
        REQUIRE(now >= before);
        before = now;
    }
}

TEST_CASE("a wait ends when its time has come and not before", "[engine][clock]")
{
    asio::io_context io{1};
    const auto clock = makeSystemClock();
    const auto timer = clock->makeTimer(io.get_executor());
    int ended = 0;
    const auto until = clock->now() + 2ms;
    asio::co_spawn(io, wait(*timer, until, ended), asio::detached);
    io.run();
    CHECK(ended == 1);
    CHECK(clock->now() >= until);
}

TEST_CASE("a wait for a time that has passed ends", "[engine][clock]")
{
    asio::io_context io{1};
    const auto clock = makeSystemClock();
    const auto timer = clock->makeTimer(io.get_executor());
    int ended = 0;
    asio::co_spawn(io, wait(*timer, Instant{}, ended), asio::detached);
    io.run();
    CHECK(ended == 1);
}

TEST_CASE("a cancelled wait just ends, and the timer can wait again", "[engine][clock]")
{
    asio::io_context io{1};
    const auto clock = makeSystemClock();
    const auto timer = clock->makeTimer(io.get_executor());
    int ended = 0;
    timer->cancel(); // nothing to end
    asio::co_spawn(io, wait(*timer, clock->now() + 1h, ended), asio::detached);
    io.poll();
    CHECK(ended == 0);
    timer->cancel();
    io.run();
    CHECK(ended == 1);
    asio::co_spawn(io, wait(*timer, clock->now() + 1ms, ended), asio::detached);
    io.restart();
    io.run();
    CHECK(ended == 2);
}
