#include <sluice/testing/manual_clock.hpp>

#include <sluice/testing/deterministic_executor.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <memory>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Instant, sluice::Timer;
using sluice::testing::DeterministicExecutor, sluice::testing::ManualClock;

namespace {
asio::awaitable<void> wait(Timer& timer, Instant until, int& ended)
{
    co_await timer.waitUntil(until);
    ++ended;
}

asio::awaitable<int> tick(Timer& timer, int times)
{
    int ticks = 0;
    for (; ticks < times; ++ticks) {
        co_await timer.waitUntil(Instant{(ticks + 1) * 1ms});
    }
    co_return ticks;
}
} // namespace

TEST_CASE("a manual clock stands still until it is set forward", "[testing][manual_clock]")
{
    ManualClock clock{Instant{5s}};
    CHECK(clock.now() == Instant{5s});
    clock.advance(1500ms);
    CHECK(clock.now() == Instant{6500ms});
    CHECK(ManualClock{}.now() == Instant{});
}

TEST_CASE("waits end in virtual time", "[testing][manual_clock]")
{
    DeterministicExecutor executor;
    ManualClock clock;
    const auto soon = clock.makeTimer(executor.executor());
    const auto late = clock.makeTimer(executor.executor());
    int ended = 0;
    asio::co_spawn(executor.executor(), wait(*soon, Instant{1h}, ended), asio::detached);
    asio::co_spawn(executor.executor(), wait(*late, Instant{2h}, ended), asio::detached);
    executor.run();
    clock.advance(59min);
    executor.run();
    CHECK(ended == 0);
    clock.advance(1min);
    executor.run();
    CHECK(ended == 1);

    SECTION("a wait for what has passed does not wait")
    {
        asio::co_spawn(executor.executor(), wait(*soon, Instant{1min}, ended), asio::detached);
        executor.run();
        CHECK(ended == 2);
    }
    SECTION("cancelling ends one timer's wait and not the other's")
    {
        soon->cancel(); // which does not wait any more
        executor.run();
        CHECK(ended == 1);
        late->cancel();
        executor.run();
        CHECK(ended == 2);
    }
    late->cancel();
    executor.run();
}

TEST_CASE(
    "a manual clock may be set forward from another thread", "[testing][manual_clock][parallel]")
{
    asio::thread_pool pool{1};
    ManualClock clock;
    const auto timer = clock.makeTimer(pool.get_executor());
    auto ticks = asio::co_spawn(pool, tick(*timer, 500), asio::use_future);
    for (int i = 0; i < 500; ++i) {
        clock.advance(1ms);
    }
    CHECK(ticks.get() == 500);
}
