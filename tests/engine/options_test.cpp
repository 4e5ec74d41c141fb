#include <sluice/engine/options.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/engine/runtime.hpp>

#include "support/catch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <thread>

// Sanitizers need memory of their own at any time.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_TEST_LIMITS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_TEST_LIMITS_MEMORY 0
#endif
#endif
#ifndef SLUICE_TEST_LIMITS_MEMORY
#define SLUICE_TEST_LIMITS_MEMORY 1
#endif

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
          "sluice: defaultPartitions: 0 partitions given, must be 1 to 1048576");
    CHECK(refusalOf([](Options& o) { o.parallelism = 4097; }) ==
          "sluice: parallelism: 4097 given, must be 1 to 4096, or 0 for as many as the machine has "
          "cores");
    CHECK(refusalOf([](Options& o) {
        o.parallelism = static_cast<std::size_t>(-1);
    }).starts_with("sluice: parallelism: -1 given, "));
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

#if SLUICE_TEST_LIMITS_MEMORY
TEST_CASE("threads that the system refuses are an error, and no endless wait",
    "[engine][options][errors][regression]")
{
    // Room for some of the stacks, and not for all.
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    REQUIRE(pages > 0);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(pages) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) +
                     (rlim_t{512} << 20U);
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    const std::string said = refusalOf([](Options& o) { o.parallelism = 4096; });
    REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
    CHECK(said.starts_with("sluice: parallelism: the system does not let 4096 more threads start"));
}
#endif

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
