#include <sluice/output/print.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::print;
using sluice::testing::TestEngine;

namespace {
struct Silent {};
static_assert(Accepts<decltype(print()), int>);
static_assert(Accepts<decltype(print()), std::pair<std::string_view, std::optional<int>>>);
static_assert(!Accepts<decltype(print()), Silent>);
static_assert(!Accepts<decltype(print()), std::vector<Silent>>);

/// What `print` writes for some batches, given as lists of partitions.
template <class T, class Op>
std::string printed(const std::vector<std::vector<std::vector<T>>>& batches, const Op& chain,
    std::size_t n, sluice::Options options = {}, std::uint64_t seed = 0)
{
    std::ostringstream out;
    TestEngine engine{std::move(options), seed};
    BatchQueue<T> queue;
    for (const auto& partitions : batches) {
        queue.pushPartitions(partitions);
    }
    sluice::queueStream(engine.runtime(), queue) | chain | print(out, n);
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        engine.nextBatch();
    }
    return out.str();
}

std::string header(std::string_view time)
{
    const std::string rule(43, '-');
    return rule + "\nTime: " + std::string{time} + "\n" + rule + "\n";
}

constexpr sluice::Identity asIs{};
} // namespace

TEST_CASE("print shows the head of each batch", "[output][print]")
{
    TestEngine engine{{}};
    sluice::engine::Runtime& context = engine.runtime();
    std::ostringstream out;
    // [example]
    using Count = std::pair<std::string, int>;
    const auto counts = queueStream(context, BatchQueue<Count>{{{"to", 2}, {"be", 2}, {"or", 1}}});
    counts | print(out, 2); // Time: 1000 ms, (to,2), (be,2), ...
    // [example]
    context.start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(out.str() == header("1000 ms") + "(to,2)\n(be,2)\n...\n\n");
}

TEST_CASE("print writes each batch in Spark's format", "[output][print]")
{
    using Pair = std::pair<std::string, int>;
    CHECK(printed<Pair>({{{{"to", 2}, {"be", 1}}}, {}, {{{"or", 1}}}}, asIs, 10,
              {.batchInterval = std::chrono::milliseconds{1500}}) ==
          "-------------------------------------------\n"
          "Time: 1500 ms\n"
          "-------------------------------------------\n"
          "(to,2)\n"
          "(be,1)\n"
          "\n"
          "-------------------------------------------\n"
          "Time: 3000 ms\n"
          "-------------------------------------------\n"
          "\n"
          "-------------------------------------------\n"
          "Time: 4500 ms\n"
          "-------------------------------------------\n"
          "(or,1)\n"
          "\n");
}

TEST_CASE("print shows at most n records and says when there are more", "[output][print]")
{
    CHECK(printed<int>({{{1, 2, 3}}}, asIs, 3) == header("1000 ms") + "1\n2\n3\n\n");
    CHECK(printed<int>({{{1, 2, 3, 4}}}, asIs, 3) == header("1000 ms") + "1\n2\n3\n...\n\n");
    CHECK(printed<int>({{{1}}}, asIs, 0) == header("1000 ms") + "...\n\n");
    CHECK(printed<int>({{{}}}, asIs, 0) == header("1000 ms") + "\n");
}

TEST_CASE("print shows the first records in the order of the partitions", "[output][print]")
{
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, parallelism);
            const sluice::Options options{.parallelism = parallelism};
            CHECK(printed<int>({{{1, 2}, {}, {3}, {4, 5}}}, asIs, 4, options, seed) ==
                  header("1000 ms") + "1\n2\n3\n4\n...\n\n");
            CHECK(printed<int>({{{1, 2}, {}, {3}}}, asIs, 3, options, seed) ==
                  header("1000 ms") + "1\n2\n3\n\n");
        }
    }
}

TEST_CASE("print shows what the chain before it lets through", "[output][print]")
{
    const auto odd = sluice::filter([](int x) { return x % 2 != 0; });
    CHECK(printed<int>({{{1, 2, 3}, {4}}}, odd, 2) == header("1000 ms") + "1\n3\n\n");
    CHECK(
        printed<int>({{{1, 2, 3}, {4}}}, odd | sluice::count(), 2) == header("1000 ms") + "2\n\n");
    const auto halves = sluice::flatMap([](const std::string& text) {
        return std::vector{text.substr(0, 1), text.substr(1)};
    });
    CHECK(printed<std::string>({{{"ab", "cd"}}}, halves, 3) ==
          header("1000 ms") + "a\nb\nc\n...\n\n");
}

TEST_CASE("a task of print that is tried again prints each record once", "[output][print][errors]")
{
    int failures = 3;
    const auto shaky = sluice::map([&failures](int x) {
        if (x == 3 && failures > 0) {
            --failures;
            throw std::runtime_error{"not yet"};
        }
        return x;
    });
    CHECK(printed<int>({{{1, 2}, {3, 4}}}, shaky, 10) == header("1000 ms") + "1\n2\n3\n4\n\n");
}

TEST_CASE("print prints nothing of a batch that failed", "[output][print][errors]")
{
    const auto fussy =
        sluice::map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    CHECK(printed<int>({{{1}}, {{2, 13}}, {{3}}}, fussy, 10,
              {.onBatchFailure = sluice::OnBatchFailure::proceed}) ==
          header("1000 ms") + "1\n\n" + header("3000 ms") + "3\n\n");
}

TEST_CASE("print of a negative number of records is refused where it is written",
    "[output][print][errors]")
{
    std::ostringstream out;
    constexpr auto minusOne = static_cast<std::size_t>(-1);
    CHECK_THROWS_WITH(print(minusOne), "sluice: print(n): -1 given, must not be negative");
    CHECK_THROWS_WITH(
        print(out, minusOne), "sluice: print(out, n): -1 given, must not be negative");
}
