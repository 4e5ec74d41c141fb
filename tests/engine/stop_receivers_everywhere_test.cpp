#include <sluice/sluice.hpp>

#include <sluice/input/pull_stream.hpp>
#include <sluice/input/receiver_stream.hpp>

#include "engine/stepped_run.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

// Receivers under a stop at every step: while they wait to be restarted, while a task that uses
// their records is tried again, while an output commits.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::Emitter, sluice::foreachBatch, sluice::map, sluice::OffsetRange;
using sluice::pullStream, sluice::receiverStream, sluice::State, sluice::Stop;
using sluice::test::checkGapless, sluice::test::everywhere, sluice::test::SteppedRun;

namespace {
sluice::Options shortWaits()
{
    sluice::Options options{.batchInterval = 1s};
    options.reconnect = {.first = 300ms, .atMost = 1s, .jitter = 0};
    return options;
}

/// Emits 0, 1, 2... and loses its peer after every third.
class Flaky {
public:
    explicit Flaky(std::uint64_t& emitted) : emitted_{&emitted} {}

    asio::awaitable<void> operator()(Emitter<std::uint64_t>& emitter)
    {
        for (int i = 0; i < 3; ++i) {
            const std::uint64_t next = (*emitted_)++;
            co_await emitter.emit(next);
            if (i == 1) { co_await emitter.sleep(400ms); }
        }
        throw std::runtime_error{"the peer went away"};
    }

private:
    std::uint64_t* emitted_;
};

/// Throws whenever it is asked for the first time about a record.
class FailsFirst {
public:
    explicit FailsFirst(std::set<std::uint64_t>& known) : known_{&known} {}

    std::uint64_t operator()(std::uint64_t x) const
    {
        if (known_->insert(x).second) { throw std::runtime_error{"the first try"}; }
        return x;
    }

private:
    std::set<std::uint64_t>* known_;
};
} // namespace

TEST_CASE("a stop while a receiver waits to be restarted loses nothing that it accepted",
    "[engine][stop_everywhere][receiver_stream]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        std::uint64_t emitted = 0;
        std::vector<std::uint64_t> seen;
        SteppedRun run{seed, shortWaits()};
        receiverStream<std::uint64_t>(run.runtime(), Flaky{emitted}) |
            foreachBatch([&](const Batch<std::uint64_t>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK_NOTHROW(run.runtime().awaitTermination());
        checkGapless(seen);
        if (mode == Stop::graceful) { CHECK(seen.size() == emitted); }
        return more;
    });
}

TEST_CASE("a stop while tasks are tried again loses nothing, and doubles nothing",
    "[engine][stop_everywhere][receiver_stream]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        std::uint64_t emitted = 0;
        std::set<std::uint64_t> known;
        std::vector<std::uint64_t> seen;
        sluice::Options options = shortWaits();
        options.maxTaskFailures = 1000;
        SteppedRun run{seed, options};
        receiverStream<std::uint64_t>(run.runtime(), Flaky{emitted}) | map(FailsFirst{known}) |
            foreachBatch([&](const Batch<std::uint64_t>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK_NOTHROW(run.runtime().awaitTermination());
        checkGapless(seen);
        if (mode == Stop::graceful) { CHECK(seen.size() == emitted); }
        return more;
    });
}

TEST_CASE("a stop from within a commit, in either mode, ends the run and keeps the batch",
    "[engine][stop_everywhere][receiver_stream]")
{
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        std::uint64_t emitted = 0;
        std::vector<std::uint64_t> first;
        std::vector<std::uint64_t> second;
        SteppedRun run{seed, shortWaits()};
        const auto numbers = receiverStream<std::uint64_t>(run.runtime(), Flaky{emitted});
        numbers | foreachBatch([&](const Batch<std::uint64_t>& batch) {
            if (batch.metadata().index == seed % 3) { run.runtime().stop(mode); }
            first.insert(first.end(), batch.begin(), batch.end());
        });
        numbers | foreachBatch([&](const Batch<std::uint64_t>& batch) {
            second.insert(second.end(), batch.begin(), batch.end());
        });
        const bool more = run.runAndStop(steps, mode);
        CHECK(run.runtime().state() == State::stopped);
        CHECK_NOTHROW(run.runtime().awaitTermination());
        checkGapless(first);
        CHECK(first == second);
        if (mode == Stop::graceful) { CHECK(first.size() == emitted); }
        return more;
    });
}

TEST_CASE("a pull source stopped at any step has acknowledged what was committed and no more",
    "[engine][stop_everywhere][pull_stream]")
{
    struct Numbers {
        std::uint64_t* end;
        std::uint64_t* acknowledged;

        std::vector<std::uint64_t> latest() { return {*end += 2}; }
        std::vector<std::uint64_t> read(const OffsetRange& range)
        {
            std::vector<std::uint64_t> records;
            for (auto i = range.from; i < range.until; ++i) {
                records.push_back(i);
            }
            return records;
        }
        void acknowledge(const OffsetRange& range) { *acknowledged = range.until; }
    };
    everywhere([](std::size_t steps, Stop mode, std::uint64_t seed) {
        std::uint64_t end = 0;
        std::uint64_t acknowledged = 0;
        std::vector<std::uint64_t> seen;
        SteppedRun run{seed, shortWaits()};
        pullStream(run.runtime(), Numbers{&end, &acknowledged}) |
            foreachBatch([&](const Batch<std::uint64_t>& batch) {
                seen.insert(seen.end(), batch.begin(), batch.end());
            });
        const bool more = run.runAndStop(steps, mode);
        checkGapless(seen);
        CHECK(acknowledged == seen.size());
        if (mode == Stop::graceful) { CHECK(seen.size() == end); }
        return more;
    });
}
