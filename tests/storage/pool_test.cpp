#include <sluice/storage/pool.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

using sluice::detail::Pool;

namespace {
/// Knows how many there are and how often one was cleared.
class Counted {
public:
    Counted() { ++alive; }
    ~Counted() { --alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    void clear() noexcept { ++clears; }

    int clears = 0;
    inline static int alive = 0;
};
} // namespace

TEST_CASE("what goes back to a pool is cleared and comes again", "[storage][pool]")
{
    Pool<Counted> pool;
    auto first = pool.take();
    Counted* address = first.get();
    CHECK(first->clears == 0);
    first.reset();
    CHECK(Counted::alive == 1);
    const auto again = pool.take();
    CHECK(again.get() == address);
    CHECK(again->clears == 1);
}

TEST_CASE("an object goes back when the last pointer to it goes", "[storage][pool]")
{
    Pool<Counted> pool;
    auto first = pool.take();
    const auto second = first;
    first.reset();
    CHECK(pool.take() != second);
    CHECK(second->clears == 0);
}

TEST_CASE("a pool keeps at most as many objects as it was told", "[storage][pool]")
{
    {
        Pool<Counted> pool{2};
        std::vector<std::shared_ptr<Counted>> taken;
        for (int i = 0; i < 5; ++i) {
            taken.push_back(pool.take());
        }
        CHECK(Counted::alive == 5);
        taken.clear();
        CHECK(Counted::alive == 2);
    }
    CHECK(Counted::alive == 0);
}

TEST_CASE("an object may outlive its pool", "[storage][pool]")
{
    std::shared_ptr<Counted> survivor;
    {
        Pool<Counted> pool;
        survivor = pool.take();
    }
    CHECK(Counted::alive == 1);
    survivor.reset();
    CHECK(Counted::alive == 0);
}

TEST_CASE("threads that share a pool never share an object", "[storage][pool][parallel]")
{
    Pool<std::vector<std::size_t>> pool{4};
    const auto work = [&pool](std::size_t name) {
        std::size_t wrong = 0;
        for (int round = 0; round < 2'000; ++round) {
            const auto object = pool.take();
            if (!object->empty()) { ++wrong; }
            object->assign(3, name);
            for (const auto value : *object) {
                if (value != name) { ++wrong; }
            }
        }
        return wrong;
    };
    std::size_t there = 0;
    std::thread other{[&] { there = work(1); }};
    const auto here = work(2);
    other.join();
    CHECK(here == 0);
    CHECK(there == 0);
}

TEST_CASE(
    "a vector made ready for reuse keeps what it needs and gives the rest back", "[storage][pool]")
{
    using sluice::detail::clearForReuse;
    std::vector<std::unique_ptr<int>> records(100'000);
    clearForReuse(records);
    CHECK(records.empty());
    CHECK(records.capacity() == 100'000);
    records.resize(30'000);
    clearForReuse(records);
    CHECK(records.capacity() == 100'000);
    records.resize(20'000);
    clearForReuse(records);
    CHECK(records.capacity() == 0);
    records.reserve(10'000);
    clearForReuse(records);
    CHECK(records.capacity() == 10'000);
}
