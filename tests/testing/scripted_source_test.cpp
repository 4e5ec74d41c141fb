#include <sluice/testing/scripted_source.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/testing/collect.hpp>
#include <sluice/testing/test_engine.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::Options, sluice::Stop;
using sluice::testing::Batches, sluice::testing::collect, sluice::testing::ScriptedSource;
using sluice::testing::scriptedStream, sluice::testing::TestEngine;

namespace {
Options quickToReconnect()
{
    Options options{.batchInterval = 1s};
    options.reconnect = {.first = 100ms, .atMost = 400ms};
    return options;
}
} // namespace

TEST_CASE("a scripted source breaks off and comes back as it is told", "[testing][scriptedStream]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        // [example]
        TestEngine test{{.batchInterval = 1s}};
        ScriptedSource<int> feed;
        const auto out = collect(scriptedStream(test.runtime(), feed));
        test.start();
        feed.emit({1, 2});
        feed.disconnect("reset by peer");
        feed.emit({3});
        test.pass(99ms); // the first wait of Options::reconnect is 100 ms
        CHECK(test.metrics().sources.at(0).starts == 1);
        test.pass(1ms);
        CHECK(test.metrics().sources.at(0).starts == 2);
        test.pass(900ms);
        CHECK(out->batches == Batches<int>{{1, 2, 3}});
        // [example]
        CHECK(test.metrics().sources.at(0).lastError == "reset by peer");
    }
}

TEST_CASE("what a scripted source emits comes with the next batch, a partition for each block",
    "[testing][scriptedStream]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        TestEngine test{quickToReconnect(), seed};
        ScriptedSource<std::string> feed;
        const auto out = collect(scriptedStream(test.runtime(), feed));
        feed.emit({"before the start"});
        test.start();
        test.nextBatch();
        feed.emit({"a", "b"});
        feed.emit({});
        feed.emit({"c"});
        CHECK(feed.left() == 3);
        test.nextBatch();
        CHECK(feed.left() == 0);
        test.nextBatch();
        CHECK(out->batches == Batches<std::string>{{"before the start"}, {"a", "b", "c"}, {}});
        CHECK(out->kept.at(1).partitions().size() == 2);
        CHECK(out->kept.at(2).partitions().empty());
    }
}

TEST_CASE(
    "each disconnect waits longer, until something is received again", "[testing][scriptedStream]")
{
    TestEngine test{quickToReconnect()};
    ScriptedSource<int> feed;
    (void)collect(scriptedStream(test.runtime(), feed));
    test.start();
    const auto starts = [&] { return test.metrics().sources.at(0).starts; };
    for (int i = 0; i < 3; ++i) {
        feed.disconnect();
    }
    test.pass(0s);
    CHECK(starts() == 1);
    test.pass(100ms);
    CHECK(starts() == 2);
    test.pass(100ms);
    CHECK(starts() == 2);
    test.pass(100ms);
    CHECK(starts() == 3);
    test.pass(400ms);
    CHECK(starts() == 4);
    feed.emit({1});
    feed.disconnect();
    test.pass(100ms);
    test.pass(100ms);
    CHECK(starts() == 5);
}

TEST_CASE("a scripted source that ended is not run again", "[testing][scriptedStream]")
{
    TestEngine test{quickToReconnect()};
    ScriptedSource<int> feed;
    const auto out = collect(scriptedStream(test.runtime(), feed));
    test.start();
    feed.emit({1});
    feed.end();
    feed.emit({2});
    test.nextBatch();
    test.nextBatch();
    CHECK(out->batches == Batches<int>{{1}, {}});
    CHECK_FALSE(test.metrics().sources.at(0).active);
    CHECK(feed.left() == 1);
}

TEST_CASE("a graceful stop takes what was emitted and ends a source that waits",
    "[testing][scriptedStream]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        TestEngine test{quickToReconnect(), seed};
        ScriptedSource<int> feed;
        const auto out = collect(scriptedStream(test.runtime(), feed));
        test.start();
        feed.emit({1});
        test.pass(0s);
        test.stop(Stop::graceful);
        CHECK(test.runtime().state() == sluice::State::stopped);
        CHECK(out->batches == Batches<int>{{1}});
    }
}

TEST_CASE("a clock that jumps gives everything to the first of the batches that are due",
    "[testing][scriptedStream]")
{
    TestEngine test{quickToReconnect()};
    ScriptedSource<int> feed;
    const auto out = collect(scriptedStream(test.runtime(), feed));
    test.start();
    feed.emit({1, 2});
    test.jump(3);
    feed.emit({3});
    test.nextBatch();
    CHECK(out->batches == Batches<int>{{1, 2}, {}, {}, {3}});
    CHECK(out->kept.at(2).time() == sluice::Time{3s});
}
