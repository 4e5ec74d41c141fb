#include <sluice/dstream/map_async.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/random.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What mapAsync makes of records; how it fails, and how it is stopped, is in the files beside this.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Accepts, sluice::AsyncOptions, sluice::InvalidArgument, sluice::map;
using sluice::mapAsync, sluice::Order;
using sluice::test::Desk;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;

namespace {
asio::awaitable<int> doubled(int x)
{
    co_await asio::post(asio::use_awaitable);
    co_return 2 * x;
}

asio::awaitable<std::string_view> firstWord(const std::string& line)
{
    co_await asio::post(asio::use_awaitable);
    co_return std::string_view{line}.substr(0, line.find(' '));
}

[[maybe_unused]] asio::awaitable<void> nothing(int)
{
    co_return;
}

static_assert(Accepts<decltype(mapAsync(1, doubled)), int>);
static_assert(!Accepts<decltype(mapAsync(1, doubled)), std::string>);
static_assert(!Accepts<decltype(mapAsync(1, nothing)), int>);
static_assert(!Accepts<decltype(mapAsync(1, [](int x) { return x; })), int>);
static_assert(!Accepts<decltype(mapAsync(1, firstWord)), std::string>);
static_assert(Accepts<decltype(mapAsync(1, sluice::borrows(firstWord))), std::string>);

/// One batch of `records` under calls that wait at a desk.
class AtDesk {
public:
    AtDesk(const std::vector<std::vector<int>>& partitions, const AsyncOptions& options)
    {
        sluice::BatchQueue<int> queue;
        queue.pushPartitions(partitions);
        sluice::queueStream(engine_.runtime(), queue) |
            mapAsync(options, [this](int x) { return desk.ask(x); }) |
            sluice::foreachBatch([this](const sluice::Batch<int>& batch) {
                for (const auto& partition : batch.partitions()) {
                    results.emplace_back(partition.begin(), partition.end());
                }
            });
        engine_.runtime().start();
        engine_.executor().run();
        engine_.nextBatch();
    }

    void answer(int record)
    {
        desk.answer(record, -record);
        engine_.executor().run();
    }

    Desk desk;
    std::vector<std::vector<int>> results;

private:
    TestEngine engine_{{}};
};

using Ints = std::vector<int>;
} // namespace

TEST_CASE(
    "mapAsync gives what its calls answer, in the order of the records", "[dstream][mapAsync]")
{
    // [example]
    const auto lookUp = mapAsync({.concurrency = 64, .timeout = 2s}, doubled);
    CHECK(runBatches(Batches<int>{{1, 2, 3}, {}, {4}}, lookUp).batches ==
          Batches<int>{{2, 4, 6}, {}, {8}});
    // [example]
}

TEST_CASE("mapAsync gives the same records at any parallelism and concurrency",
    "[dstream][mapAsync][parallel]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        for (const std::size_t concurrency : {1U, 2U, 64U, 100'000U}) {
            CAPTURE(n, concurrency);
            const Batches<int> in{random.numbers(), {}, random.numbers()};
            const sluice::testing::RunOptions options{
                .partitions = n, .parallelism = n, .seed = n + concurrency};
            const auto expected = runBatches(in, map([](int x) { return 2 * x; })).batches;
            CHECK(runBatches(in, mapAsync(concurrency, doubled), options).batches == expected);
            auto unordered = runBatches(in,
                mapAsync({.concurrency = concurrency, .order = Order::unordered}, doubled), options)
                                 .batches;
            for (std::size_t i = 0; i < in.size(); ++i) {
                std::ranges::sort(unordered[i]);
                auto sorted = expected[i];
                std::ranges::sort(sorted);
                CHECK(unordered[i] == sorted);
            }
        }
    }
}

TEST_CASE("no more calls are under way than asked for, over all partitions", "[dstream][mapAsync]")
{
    AtDesk run{{{1, 2}, {}, {3, 4, 5}}, {.concurrency = 3}};
    CHECK(run.desk.waiting() == Ints{1, 2, 3});
    run.answer(2);
    CHECK(run.desk.waiting() == Ints{1, 3, 4});
    run.answer(3);
    CHECK(run.desk.waiting() == Ints{1, 4, 5});
    run.answer(4);
    run.answer(5);
    CHECK(run.results.empty());
    run.answer(1);
    CHECK(run.results == std::vector<Ints>{{-1, -2}, {}, {-3, -4, -5}});
}

TEST_CASE("unordered results come as the calls of their partition end", "[dstream][mapAsync]")
{
    AtDesk run{{{1, 2, 3}, {4, 5}}, {.concurrency = 8, .order = Order::unordered}};
    for (const int record : {5, 3, 1, 4, 2}) {
        run.answer(record);
    }
    CHECK(run.results == std::vector<Ints>{{-3, -1, -2}, {-5, -4}});
}

TEST_CASE("a call sees the record itself, which nobody copies", "[dstream][mapAsync]")
{
    // Made by the chain and of a type that only moves; the result is of such a type, too.
    const auto boxed = map([](int x) { return std::make_unique<int>(x); });
    const auto plusOne =
        mapAsync(2, [](const std::unique_ptr<int>& box) -> asio::awaitable<std::unique_ptr<int>> {
            co_await asio::post(asio::use_awaitable);
            co_return std::make_unique<int>(*box + 1);
        });
    const auto unboxed = map([](const std::unique_ptr<int>& box) { return *box; });
    CHECK(runBatches(Batches<int>{{1, 2, 3}}, boxed | plusOne | unboxed).batches ==
          Batches<int>{{2, 3, 4}});
}

TEST_CASE("results that borrow from the record stay good", "[dstream][mapAsync][dangling]")
{
    const Batches<std::string> in{{"to be", std::string(40, 'x') + " or"}, {"not"}};
    const auto out = runBatches(in, map([](const std::string& line) { return line + '!'; }) |
                                        mapAsync(2, sluice::borrows(firstWord)));
    REQUIRE(out.kept.size() == 2);
    CHECK(std::vector<std::string>(out.kept[0].begin(), out.kept[0].end()) ==
          std::vector<std::string>{"to", std::string(40, 'x')});
    CHECK(std::vector<std::string>(out.kept[1].begin(), out.kept[1].end()) ==
          std::vector<std::string>{"not!"});
}

TEST_CASE("no two calls at once work on the same copy of the function", "[dstream][mapAsync]")
{
    struct Counting {
        int calls = 0;

        asio::awaitable<int> operator()(int)
        {
            const int before = calls;
            co_await asio::post(asio::use_awaitable);
            calls = before + 1;
            co_return calls;
        }
    };
    const Batches<int> in{{0, 0, 0, 0, 0, 0}, {0, 0, 0}};
    CHECK(runBatches(in, mapAsync(1, Counting{})).batches ==
          Batches<int>{{1, 2, 3, 4, 5, 6}, {1, 2, 3}});
    for (const auto& batch : runBatches(in, mapAsync(3, Counting{})).batches) {
        // Three callers, each counting its own calls.
        CHECK(std::ranges::count(batch, 1) == 3);
    }
}

TEST_CASE("options of mapAsync that make no sense are refused where they are given",
    "[dstream][mapAsync][errors]")
{
    CHECK_THROWS_WITH(
        mapAsync(0, doubled), "sluice: mapAsync: concurrency 0 given, must be from 1 to 100000");
    CHECK_THROWS_AS(mapAsync(100'001, doubled), InvalidArgument);
    CHECK_THROWS_WITH(mapAsync(static_cast<std::size_t>(-1), doubled),
        "sluice: mapAsync: concurrency -1 given, must be from 1 to 100000");
    CHECK_THROWS_WITH(mapAsync({.concurrency = 1, .timeout = 0ms}, doubled),
        "sluice: mapAsync: timeout 0 ms given, must be at least 1 ms");
}
