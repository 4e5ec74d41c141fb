#include <sluice/dstream/windows/slice.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/windows/window.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <optional>
#include <vector>

using sluice::Batch, sluice::BatchQueue, sluice::Duration, sluice::foreachBatch, sluice::slice,
    sluice::Time, sluice::window;
using sluice::testing::Batches, sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
constexpr Time at(Duration sinceEpoch)
{
    return Time{sinceEpoch};
}

/// A run of one batch a second with 1, 2, 3, ..., that remembers for `span`.
struct Run {
    explicit Run(std::optional<Duration> span = 10s, Duration length = 1s, Duration slide = 1s)
    {
        if (span) { engine.runtime().remember(*span); }
        sluice::DStream<int> windowed = numbers | window(length, slide);
        watched = windowed;
        windowed | foreachBatch([](const Batch<int>&) {});
    }
    void start()
    {
        engine.runtime().start();
        engine.executor().run();
    }
    void batches(int count)
    {
        for (int i = 0; i < count; ++i) {
            queue.push({++number});
            engine.nextBatch();
        }
    }
    template <class Stream>
    static Batches<int> records(const Stream& stream, Duration from, Duration to)
    {
        Batches<int> found;
        for (const auto& batch : slice(stream, at(from), at(to))) {
            found.emplace_back(batch.begin(), batch.end());
        }
        return found;
    }

    TestEngine engine{{}};
    BatchQueue<int> queue{};
    int number = 0;
    sluice::DStream<int> numbers = sluice::queueStream(engine.runtime(), queue);
    sluice::DStream<int> watched = numbers;
};
} // namespace

TEST_CASE("slice gives the batches of a stretch of time", "[dstream][slice]")
{
    Run run;
    run.start();
    run.batches(4);
    CHECK(Run::records(run.numbers, 1s, 4s) == Batches<int>{{1}, {2}, {3}, {4}});
    CHECK(Run::records(run.numbers, 2s, 3s) == Batches<int>{{2}, {3}});
    CHECK(Run::records(run.numbers, 2s, 2s) == Batches<int>{{2}});
    CHECK(Run::records(run.numbers, 0s, 1s) == Batches<int>{{1}});
    CHECK(slice(run.numbers, at(3s), at(3s)).front().time() == at(3s));
}

TEST_CASE("slice leaves out what has not come and what is gone", "[dstream][slice]")
{
    Run run{2s};
    run.start();
    CHECK(Run::records(run.numbers, 0s, 9s).empty());
    run.batches(4);
    CHECK(Run::records(run.numbers, 0s, 9s) == Batches<int>{{3}, {4}});
    CHECK(Run::records(run.numbers, 5s, 9s).empty());
    CHECK(slice(run.numbers, Time::min(), Time::max()).size() == 2);
}

TEST_CASE("slice moves a time between two batches down to the earlier one", "[dstream][slice]")
{
    Run run;
    run.start();
    run.batches(4);
    CHECK(Run::records(run.numbers, 1500ms, 2500ms) == Batches<int>{{1}, {2}});
    CHECK(Run::records(run.numbers, 999ms, 1999ms) == Batches<int>{{1}});
}

TEST_CASE("slice knows the slide of a window", "[dstream][slice][window]")
{
    Run run{10s, 2s, 2s};
    run.start();
    run.batches(6);
    CHECK(Run::records(run.watched, 0s, 9s) == Batches<int>{{1, 2}, {3, 4}, {5, 6}});
    CHECK(Run::records(run.watched, 3s, 5s) == Batches<int>{{1, 2}, {3, 4}});
}

TEST_CASE("what a window needs is remembered without being asked for", "[dstream][slice][window]")
{
    Run run{std::nullopt, 3s};
    run.start();
    run.batches(5);
    CHECK(Run::records(run.numbers, 0s, 9s) == Batches<int>{{3}, {4}, {5}});
    CHECK_THROWS_AS(slice(run.watched, at(0s), at(9s)), sluice::IllegalState);
}

TEST_CASE("a stream remembers for the longest of what is asked", "[dstream][slice][window]")
{
    Run longer{4s, 2s};
    longer.start();
    longer.batches(6);
    CHECK(Run::records(longer.numbers, 0s, 9s) == Batches<int>{{3}, {4}, {5}, {6}});
    Run shorter{2s, 3s};
    shorter.start();
    shorter.batches(6);
    CHECK(Run::records(shorter.numbers, 0s, 9s) == Batches<int>{{4}, {5}, {6}});
}

TEST_CASE("slices can be taken after the stop, and outlive what is remembered", "[dstream][slice]")
{
    std::vector<Batch<int>> kept;
    {
        Run run{1s};
        run.start();
        run.batches(1);
        kept = slice(run.numbers, at(1s), at(1s));
        run.batches(3);
        run.engine.stop(sluice::Stop::now);
        CHECK(Run::records(run.numbers, 0s, 9s) == Batches<int>{{4}});
    }
    REQUIRE(kept.size() == 1);
    CHECK(*kept.front().begin() == 1);
}

TEST_CASE("slice says why there is nothing to look at", "[dstream][slice][errors]")
{
    Run run{std::nullopt};
    CHECK_THROWS_WITH(slice(run.numbers, at(1s), at(2s)),
        "sluice: slice(stream, from, to): the context has not started");
    const auto unused = run.numbers | sluice::map([](int x) { return -x; }) | sluice::cache();
    run.start();
    CHECK_THROWS_WITH(slice(unused, at(1s), at(2s)),
        "sluice: slice(stream, from, to): nothing of this stream is remembered; call "
        "context.remember(span) before the start, and give the stream an output");
    CHECK_THROWS_WITH(slice(run.numbers, at(2s), at(1s)),
        "sluice: slice(stream, from, to): from is 2000 ms, which is later than to, 1000 ms");
}

TEST_CASE("slice looks back as far as the context remembers", "[dstream][slice][remember]")
{
    TestEngine engine{{}};
    auto& context = engine.runtime();
    BatchQueue<int> numbers;
    // [example]
    context.remember(30s);
    const sluice::DStream<int> stream = sluice::queueStream(context, numbers);
    stream | foreachBatch([](const Batch<int>&) {});
    // ... and at any time after the start, on any thread:
    const auto lastTen = [&](Time now) { return slice(stream, now - 9s, now); };
    // [example]
    context.start();
    engine.executor().run();
    for (int i = 0; i < 12; ++i) {
        engine.nextBatch();
    }
    CHECK(lastTen(at(12s)).size() == 10);
}

TEST_CASE(
    "remember is said once, before the start, with a positive span", "[dstream][remember][errors]")
{
    sluice::StreamingContext context{{.batchInterval = 1s}};
    context.remember(30s);
    CHECK_THROWS_WITH(context.remember(10s),
        "sluice: remember(span): called a second time, with 10000 ms after 30000 ms");
    sluice::StreamingContext other{{.batchInterval = 1s}};
    CHECK_THROWS_WITH(other.remember(0s), "sluice: remember(span): span is 0 ms, must be positive");
    CHECK_THROWS_AS(other.remember(-1s), sluice::InvalidArgument);
    other.stop();
    CHECK_THROWS_AS(other.remember(1s), sluice::IllegalState);
}
