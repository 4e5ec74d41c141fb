#include <sluice/engine/crew.hpp>

#include <sluice/testing/deterministic_executor.hpp>

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::engine::Crew, sluice::engine::TaskSet;
using sluice::testing::DeterministicExecutor;

namespace {
/// Not atomic on purpose: the join has to make what the tasks did visible.
class Counted final : public TaskSet {
public:
    explicit Counted(std::size_t tasks) : counts_(tasks) {}

    void run(std::size_t task) noexcept override { ++counts_[task]; }

    bool allRanOnce() const
    {
        return std::all_of(counts_.begin(), counts_.end(), [](int count) { return count == 1; });
    }

private:
    std::vector<int> counts_;
};

/// Each of its two tasks ends only when the other one runs too.
class Meeting final : public TaskSet {
public:
    void run(std::size_t) noexcept override
    {
        ++arrived_;
        while (arrived_ < 2) {
            std::this_thread::yield();
        }
    }

private:
    std::atomic<int> arrived_{0};
};

asio::awaitable<void> runCounted(
    std::shared_ptr<Crew> crew, std::size_t tasks, int times, int& good)
{
    for (int i = 0; i < times; ++i) {
        Counted counted{tasks};
        co_await crew->run(counted, tasks);
        good += counted.allRanOnce() ? 1 : 0;
    }
}

asio::awaitable<void> meet(std::shared_ptr<Crew> crew)
{
    Meeting meeting;
    co_await crew->run(meeting, 2);
}
} // namespace

TEST_CASE("a crew runs every task once, at any number of threads", "[engine][crew][parallel]")
{
    for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
        for (const auto linger : {0us, 50us}) {
            asio::thread_pool pool{threads};
            const auto crew = std::make_shared<Crew>(pool.get_executor(), threads, linger);
            for (const std::size_t tasks : {0U, 1U, 2U, 3U, 100U}) {
                CAPTURE(threads, linger.count(), tasks);
                int good = 0;
                asio::co_spawn(pool, runCounted(crew, tasks, 100, good), asio::use_future).get();
                CHECK(good == 100);
            }
            pool.join();
        }
    }
}

TEST_CASE("the tasks of a crew run at the same time", "[engine][crew][parallel]")
{
    asio::thread_pool pool{2};
    const auto crew = std::make_shared<Crew>(pool.get_executor(), 2, 50us);
    CHECK_NOTHROW(asio::co_spawn(pool, meet(crew), asio::use_future).get());
}

TEST_CASE("a run after runs of other sizes takes nothing from them",
    "[engine][crew][parallel][regression]")
{
    // A helper that lingered took a task of the next run while it was being made known.
    asio::thread_pool pool{4};
    const auto crew = std::make_shared<Crew>(pool.get_executor(), 4, 50us);
    int good = 0;
    for (int i = 0; i < 500; ++i) {
        asio::co_spawn(pool, runCounted(crew, 2, 1, good), asio::use_future).get();
        asio::co_spawn(pool, runCounted(crew, 16, 3, good), asio::use_future).get();
    }
    CHECK(good == 2000);
}

TEST_CASE("a crew needs no second thread, whatever it is told", "[engine][crew]")
{
    int good = 0;
    SECTION("on one thread of Asio")
    {
        asio::io_context one{1};
        const auto crew = std::make_shared<Crew>(one.get_executor(), 8, 0us);
        asio::co_spawn(one, runCounted(crew, 20, 3, good), asio::detached);
        one.run();
        CHECK(good == 3);
    }
    SECTION("on a deterministic executor")
    {
        DeterministicExecutor executor{3};
        const auto crew = std::make_shared<Crew>(executor.executor(), 8, 0us);
        asio::co_spawn(executor.executor(), runCounted(crew, 20, 3, good), asio::detached);
        executor.run();
        CHECK(good == 3);
    }
}
