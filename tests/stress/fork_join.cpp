// Forks and joins on real threads, with task counts, task sizes and pauses at random: every task
// runs exactly once, and nothing that a task did is missing after the join.
#include <sluice/engine/crew.hpp>

#include "stress/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace asio = boost::asio;
using sluice::engine::Crew, sluice::engine::TaskSet;
using sluice::stress::require, sluice::stress::spin;

namespace {
/// Counts the runs of each task, without atomics: the join must make them visible.
class Counted final : public TaskSet {
public:
    Counted(std::size_t tasks, std::uint64_t seed, unsigned longest) : counts_(tasks)
    {
        std::mt19937_64 random{seed};
        std::uniform_int_distribution<unsigned> size{0, longest};
        for (std::size_t i = 0; i < tasks; ++i) {
            sizes_.push_back(size(random));
        }
    }

    void run(std::size_t task) noexcept override
    {
        require(task < counts_.size(), "a task beyond the last one ran");
        spin(sizes_[task]);
        ++counts_[task];
    }

    bool allRanOnce() const
    {
        return std::all_of(counts_.begin(), counts_.end(), [](int count) { return count == 1; });
    }

private:
    std::vector<unsigned> sizes_;
    std::vector<int> counts_;
};

asio::awaitable<void> round(std::shared_ptr<Crew> crew, std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    for (int run = 0; run < 2000; ++run) {
        const std::size_t tasks = random() % 3 == 0 ? 1 + random() % 64 : 1 + random() % 4;
        const unsigned longest = random() % 50 == 0 ? 20'000 : 200;
        Counted counted{tasks, random(), longest};
        co_await crew->run(counted, tasks);
        require(counted.allRanOnce(), "a task ran not at all or twice");
        if (random() % 4 == 0) { spin(static_cast<unsigned>(random() % 3000)); }
    }
}
} // namespace

int main(int argc, char** argv)
{
    sluice::stress::Run run{argc, argv};
    while (run.goesOn()) {
        const std::uint64_t seed = run.nextSeed();
        const std::size_t threads = 1 + seed % 6;
        const std::chrono::microseconds linger{seed % 3 == 0 ? 0 : 50};
        asio::thread_pool pool{threads};
        auto crew = std::make_shared<Crew>(pool.get_executor(), threads, linger);
        asio::co_spawn(pool, round(crew, seed), asio::use_future).get();
        pool.join();
    }
    return run.end();
}
