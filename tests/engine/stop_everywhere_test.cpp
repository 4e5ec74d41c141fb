#include <sluice/sluice.hpp>

#include <sluice/testing/run_batches.hpp>

#include "engine/stepped_run.hpp"
#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Whole runs on a deterministic executor, stopped after each number of handlers: shutdown has to be
// right everywhere and not only at the end.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::Channel;
using sluice::foreachBatch, sluice::generatorStream, sluice::map, sluice::queueStream;
using sluice::reduceByKey, sluice::State, sluice::Stop, sluice::toChannel;
using sluice::test::checkGapless, sluice::test::everywhere, sluice::test::SteppedRun;

namespace {
/// What a reader of a channel came to see.
struct Read {
    std::vector<std::uint64_t> indices;
    bool ended = false;
    std::exception_ptr failure;
};

asio::awaitable<void> readAll(Channel<int> channel, Read& read)
{
    try {
        while (auto batch = co_await channel.next()) {
            read.indices.push_back(batch->metadata().index);
        }
    } catch (...) {
        read.failure = std::current_exception();
    }
    read.ended = true;
}
} // namespace

TEST_CASE("a word count stopped at any step has counted whole batches, in order, without a gap",
    "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        SteppedRun run{seed, {.parallelism = 3}};
        BatchQueue<std::string> queue{{"a b a"}, {"b", "c c"}, {}, {"a"}, {"never cut"}};
        std::vector<std::uint64_t> counted;
        std::vector<std::uint64_t> plain;
        std::size_t words = 0;
        const auto text = queueStream(run.runtime(), queue);
        text | sluice::flatMap(sluice::words) | map([](std::string_view word) {
            return std::pair{word, 1L};
        }) | reduceByKey(std::plus{}) |
            foreachBatch([&](const Batch<std::pair<std::string_view, long>>& batch) {
                counted.push_back(batch.metadata().index);
                for (const auto& [word, count] : batch) {
                    words += static_cast<std::size_t>(count);
                }
            });
        text | foreachBatch([&](const Batch<std::string>& batch) {
            plain.push_back(batch.metadata().index);
        });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK_NOTHROW(run.runtime().awaitTermination());
        checkGapless(counted);
        CHECK(counted == plain);
        const std::vector<std::size_t> wordsUpTo{0, 3, 6, 6, 7, 9};
        REQUIRE(counted.size() < wordsUpTo.size());
        CHECK(words == wordsUpTo[counted.size()]);
        return more;
    });
}

TEST_CASE("a graceful stop at any step loses no record that was cut, and takes what waits",
    "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        SteppedRun run{seed};
        BatchQueue<int> queue{{1}, {2, 2}, {3, 3, 3}};
        std::size_t seen = 0;
        queueStream(run.runtime(), queue, false) |
            foreachBatch([&](const Batch<int>& batch) { seen += batch.size(); });
        const bool more = run.runAndStop(steps, mode);
        if (mode == Stop::graceful) {
            CHECK(seen == run.recordsCut());
            CHECK(seen == 6); // the queue is emptied by each batch, and by the last one
            CHECK(queue.size() == 0);
        } else {
            CHECK((seen == 0 || seen == 6));
        }
        return more;
    });
}

TEST_CASE(
    "a generator stopped at any step gives a prefix of its records", "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        SteppedRun run{seed, {.defaultPartitions = 3}};
        std::vector<std::uint64_t> seen;
        generatorStream(
            run.runtime(), [](std::uint64_t i) { return i; }, 7) |
            foreachBatch([&](const Batch<std::uint64_t>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        const bool more = run.runAndStop(steps, mode);
        checkGapless(seen);
        CHECK(seen.size() % 7 == 0);
        if (mode == Stop::graceful) { CHECK(seen.size() == run.recordsCut()); }
        return more;
    });
}

TEST_CASE("a channel whose context is stopped at any step ends, without a gap",
    "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        Read read;
        SteppedRun run{seed};
        std::vector<std::uint64_t> beside;
        const auto numbers = queueStream(run.runtime(), BatchQueue<int>{{1}, {2}, {3}});
        auto channel = numbers | toChannel();
        numbers | foreachBatch(
                      [&](const Batch<int>& batch) { beside.push_back(batch.metadata().index); });
        asio::co_spawn(run.executor(), readAll(std::move(channel), read), asio::detached);
        const bool more = run.runAndStop(steps, mode);
        CHECK(read.ended);
        CHECK_FALSE(read.failure);
        checkGapless(read.indices);
        CHECK(read.indices == beside);
        return more;
    });
}

TEST_CASE("a channel that nobody reads holds up no stop", "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        // A graceful stop would wait for a reader; without time it takes none.
        sluice::Options options;
        options.gracefulStopTimeout = 0ms;
        SteppedRun run{seed, options};
        const auto channel =
            queueStream(run.runtime(), BatchQueue<int>{{1}, {2}, {3}}) | toChannel();
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        return more;
    });
}

TEST_CASE(
    "a batch that fails at any step relative to the stop ends the run", "[engine][stop_everywhere]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        Read read;
        SteppedRun run{seed, {.maxTaskFailures = 2}};
        std::vector<int> seen;
        const auto numbers = queueStream(run.runtime(), BatchQueue<int>{{1}, {13}, {3}}) |
                             map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
        auto channel = numbers | toChannel(2);
        numbers | foreachBatch([&](const Batch<int>& batch) {
            for (const int x : batch) {
                seen.push_back(x);
            }
        });
        asio::co_spawn(run.executor(), readAll(std::move(channel), read), asio::detached);
        const bool more = run.runAndStop(steps, mode);
        CHECK(read.ended);
        CHECK(seen.size() <= 1);
        CHECK(read.indices.size() == seen.size());
        bool failed = false;
        try {
            run.runtime().awaitTermination();
        } catch (const sluice::TaskError&) {
            failed = true;
        }
        CHECK(failed == (read.failure != nullptr));
        return more;
    });
}

TEST_CASE("a second stop at any step after the first ends the run too", "[engine][stop_everywhere]")
{
    for (const auto& [first, second] : {std::pair{Stop::graceful, Stop::now},
             std::pair{Stop::now, Stop::graceful}, std::pair{Stop::graceful, Stop::graceful}}) {
        for (std::size_t before = 0; before < 12; ++before) {
            for (std::size_t later = 0; later < 12; ++later) {
                CAPTURE(before, later);
                Read read;
                SteppedRun run{before + later};
                auto channel =
                    queueStream(run.runtime(), BatchQueue<int>{{1}, {2}, {3}}) | toChannel();
                asio::co_spawn(run.executor(), readAll(std::move(channel), read), asio::detached);
                run.startAndRun(before);
                run.stopAgain(later, first, second);
                CHECK(run.runtime().state() == State::stopped);
                CHECK(read.ended);
                checkGapless(read.indices);
            }
        }
    }
}
