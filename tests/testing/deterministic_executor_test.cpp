#include <sluice/testing/deterministic_executor.hpp>

#include <sluice/engine/signal.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using sluice::testing::DeterministicExecutor;

namespace {
std::vector<int> orderOf(std::uint64_t seed)
{
    DeterministicExecutor executor{seed};
    std::vector<int> order;
    for (int i = 0; i < 8; ++i) {
        asio::post(executor.executor(), [&order, i] { order.push_back(i); });
    }
    executor.run();
    return order;
}
} // namespace

TEST_CASE("the seed decides the order, and seed 0 keeps that of arrival",
    "[testing][deterministic_executor]")
{
    const std::vector<int> inOrder{0, 1, 2, 3, 4, 5, 6, 7};
    CHECK(orderOf(0) == inOrder);
    std::set<std::vector<int>> orders;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto order = orderOf(seed);
        CHECK(order == orderOf(seed));
        CHECK(std::is_permutation(order.begin(), order.end(), inOrder.begin()));
        orders.insert(std::move(order));
    }
    CHECK(orders.size() > 10);
}

TEST_CASE(
    "nothing runs until it is told to, and then one at a time", "[testing][deterministic_executor]")
{
    DeterministicExecutor executor;
    int ran = 0;
    asio::dispatch(executor.executor(), [&] {
        ++ran;
        asio::post(executor.executor(), [&] { ++ran; });
    });
    CHECK(ran == 0);
    CHECK(executor.runOne());
    CHECK(ran == 1);
    CHECK(executor.run() == 1);
    CHECK(ran == 2);
    CHECK_FALSE(executor.runOne());
}

TEST_CASE("a strand keeps its order whatever the seed", "[testing][deterministic_executor]")
{
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        DeterministicExecutor executor{seed};
        const auto strand = asio::make_strand(executor.executor());
        std::vector<int> order;
        for (int i = 0; i < 5; ++i) {
            asio::post(strand, [&order, i] { order.push_back(i); });
            asio::post(executor.executor(), [] {});
        }
        executor.run();
        CHECK(order == std::vector{0, 1, 2, 3, 4});
    }
}

TEST_CASE(
    "what never ran is let go with the executor", "[testing][deterministic_executor][regression]")
{
    const auto held = std::make_shared<int>(7);
    {
        DeterministicExecutor executor;
        const auto strand = asio::make_strand(executor.executor());
        asio::post(executor.executor(), [held, strand] {});
        asio::post(strand, [held, strand] {});
        asio::post(strand, [held, strand] {});
        CHECK(held.use_count() == 4);
    }
    CHECK(held.use_count() == 1);
}
