#include <sluice/engine/signal.hpp>

#include <sluice/testing/deterministic_executor.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using sluice::engine::Continuation, sluice::engine::Gate, sluice::engine::Signal;
using sluice::engine::suspend;
using sluice::testing::DeterministicExecutor;

namespace {
asio::awaitable<void> keepIn(Continuation& kept, int& step)
{
    step = 1;
    co_await suspend([&kept](Continuation continuation) { kept = std::move(continuation); });
    step = 2;
}

asio::awaitable<void> waitUntilTrue(Signal& signal, const bool& ready, int& woken)
{
    while (!ready) {
        co_await signal.wait([&ready] { return ready; });
    }
    ++woken;
}

asio::awaitable<void> waitFor(Gate& gate, int& passed)
{
    co_await gate.opened();
    ++passed;
}

asio::awaitable<void> passGates(int rounds)
{
    for (int round = 0; round < rounds; ++round) {
        std::jthread completer; // joined after the gate that it completes is gone
        Gate gate;
        gate.arm(2);
        completer = std::jthread{[&gate] { gate.complete(); }};
        gate.complete();
        co_await gate.opened();
    }
}

asio::awaitable<void> countUp(Signal& signal, std::atomic<int>& value, int until)
{
    for (int seen = 0; seen < until; seen = value.load()) {
        co_await signal.wait([&value, seen] { return value.load() != seen; });
    }
}
} // namespace

TEST_CASE(
    "a suspended coroutine goes on at once, or when its executor comes to it", "[engine][signal]")
{
    DeterministicExecutor executor;
    Continuation kept;
    int step = 0;
    asio::co_spawn(executor.executor(), keepIn(kept, step), asio::detached);
    executor.run();
    REQUIRE(step == 1);
    REQUIRE(kept);

    SECTION("here")
    {
        kept.here();
        CHECK(step == 2);
    }
    SECTION("posted")
    {
        kept.post();
        CHECK(step == 1);
        executor.run();
        CHECK(step == 2);
    }
    SECTION("or never, and then it is freed")
    {
        kept = {};
        executor.run();
        CHECK(step == 1);
    }
    CHECK_FALSE(kept);
}

TEST_CASE("a signal wakes all that wait, and who is not satisfied waits on", "[engine][signal]")
{
    DeterministicExecutor executor;
    Signal signal;
    bool ready = false;
    int woken = 0;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(executor.executor(), waitUntilTrue(signal, ready, woken), asio::detached);
    }
    executor.run();
    signal.notify();
    executor.run();
    CHECK(woken == 0);
    ready = true;
    executor.run();
    CHECK(woken == 0);
    signal.notify();
    executor.run();
    CHECK(woken == 3);
}

TEST_CASE(
    "a notification between the look and the wait is not missed", "[engine][signal][parallel]")
{
    asio::thread_pool pool{2};
    Signal signal;
    std::atomic<int> value{0};
    constexpr int until = 20'000;
    auto done = asio::co_spawn(pool, countUp(signal, value, until), asio::use_future);
    for (int i = 0; i < until; ++i) {
        ++value;
        signal.notify();
    }
    done.get();
    CHECK(value == until);
}

TEST_CASE("a gate opens with its last completion", "[engine][signal]")
{
    DeterministicExecutor executor;
    Gate gate;
    CHECK(gate.isOpen());
    gate.arm(2);
    int passed = 0;
    asio::co_spawn(executor.executor(), waitFor(gate, passed), asio::detached);
    asio::co_spawn(executor.executor(), waitFor(gate, passed), asio::detached);
    executor.run();
    gate.complete();
    executor.run();
    CHECK_FALSE(gate.isOpen());
    CHECK(passed == 0);
    gate.complete();
    CHECK(gate.isOpen());
    executor.run();
    CHECK(passed == 2);

    SECTION("what completes it once more changes nothing")
    {
        gate.complete();
        CHECK(gate.isOpen());
        gate.arm(1);
        CHECK_FALSE(gate.isOpen());
    }
    SECTION("an open gate holds nobody up")
    {
        asio::co_spawn(executor.executor(), waitFor(gate, passed), asio::detached);
        executor.run();
        CHECK(passed == 3);
    }
}

TEST_CASE(
    "a gate may go as soon as it was passed, whoever completed it", "[engine][signal][parallel]")
{
    asio::thread_pool pool{2};
    CHECK_NOTHROW(asio::co_spawn(pool, passGates(500), asio::use_future).get());
}
