#include <sluice/engine/options.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/engine/runtime.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using sluice::Duration, sluice::InvalidArgument, sluice::Options;
using sluice::engine::Runtime;

namespace {
/// What is said of these options, changed in one place; nothing if they are accepted.
std::string refusalOf(const std::function<void(Options&)>& change)
{
    Options options{.batchInterval = 100ms, .parallelism = 1};
    change(options);
    try {
        const Runtime runtime{options};
        return {};
    } catch (const InvalidArgument& error) {
        return error.what();
    }
}
} // namespace

TEST_CASE("options name the value that is wrong and what would do", "[engine][options][errors]")
{
    CHECK(refusalOf([](Options&) {}).empty());
    CHECK(refusalOf([](Options& o) { o.batchInterval = 0ms; }) ==
          "sluice: batchInterval: 0 ms given, must be at least 1 ms");
    CHECK(refusalOf([](Options& o) {
        o.batchInterval = Duration::max();
    }).ends_with("at most a year"));
    CHECK(refusalOf([](Options& o) { o.defaultPartitions = 0; }) ==
          "sluice: defaultPartitions: 0 given, must be at least 1");
    CHECK(refusalOf([](Options& o) { o.maxTaskFailures = 0; }) ==
          "sluice: maxTaskFailures: 0 given, must be at least 1");
    CHECK(refusalOf([](Options& o) { o.maxBufferedBytes = 0; }) ==
          "sluice: maxBufferedBytes: 0 given, must be at least 1");
    CHECK(refusalOf([](Options& o) { o.maxLineBytes = 0; }) ==
          "sluice: maxLineBytes: 0 given, must be at least 1");
    CHECK(refusalOf([](Options& o) { o.gracefulStopTimeout = -1ms; }) ==
          "sluice: gracefulStopTimeout: -1 ms given, must not be negative");
    CHECK(refusalOf([](Options& o) {
        o.reconnect.first = 0ms;
    }).starts_with("sluice: reconnect: first 0 ms"));
    CHECK(refusalOf([](Options& o) { o.reconnect.atMost = 50ms; }).ends_with("first <= atMost"));
    for (const double jitter : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(jitter);
        CHECK(refusalOf([=](Options& o) {
            o.reconnect.jitter = jitter;
        }).starts_with("sluice: reconnect.jitter: "));
    }
}

TEST_CASE("what options leave open has the documented value", "[engine][options]")
{
    const Runtime brief{{.batchInterval = 100ms}};
    CHECK(brief.options().parallelism >= 1);
    CHECK(brief.options().defaultPartitions == 8);
    CHECK(brief.options().maxTaskFailures == 4);
    CHECK(brief.options().maxBufferedBytes == 64U * 1024 * 1024);
    CHECK(brief.options().maxLineBytes == 1024U * 1024);
    CHECK(brief.options().gracefulStopTimeout == 10s);
    CHECK(brief.options().clock != nullptr);
    const Runtime slow{{.batchInterval = 1min}};
    CHECK(slow.options().gracefulStopTimeout == 10min);
}
