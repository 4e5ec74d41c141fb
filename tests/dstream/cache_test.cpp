#include <sluice/dstream/cache.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::cache, sluice::evaluate, sluice::filter, sluice::flatMap,
    sluice::map, sluice::words;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
static_assert(Accepts<decltype(cache()), int>);
static_assert(Accepts<decltype(cache()), std::string_view>);

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
} // namespace

TEST_CASE("cache leaves records, their order and their partitions as they are", "[dstream][cache]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto out = runBatches(Batches<int>{{1, 2, 3, 4, 5, 6, 7}, {}, {9}},
            filter(isOdd) | cache(), {.partitions = n, .parallelism = n});
        CHECK(out.batches == Batches<int>{{1, 3, 5, 7}, {}, {9}});
        for (const auto& batch : out.kept) {
            CHECK(batch.partitions().size() == n);
        }
    }
}

TEST_CASE("cache of a finite range is the range", "[dstream][cache]")
{
    // [example]
    CHECK(evaluate(filter([](int x) { return x > 1; }) | cache(), {1, 2, 3}) == std::vector{2, 3});
    // [example]
}

TEST_CASE("a chain cut by cache anywhere gives what the whole chain gives", "[dstream][cache]")
{
    const auto half = map([](int x) { return x / 2; });
    const auto twice = flatMap([](int x) { return std::vector{x, x}; });
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            std::mt19937_64 random{seed};
            Batches<int> in(2);
            for (auto& batch : in) {
                batch.resize(200);
                for (auto& record : batch) {
                    record = static_cast<int>(random() % 100);
                }
            }
            const sluice::testing::RunOptions options{
                .partitions = n, .parallelism = n, .seed = seed};
            const auto whole = runBatches(in, filter(isOdd) | twice | half, options).batches;
            CHECK(runBatches(in, cache() | filter(isOdd) | twice | half, options).batches == whole);
            CHECK(runBatches(in, filter(isOdd) | cache() | twice | half, options).batches == whole);
            CHECK(runBatches(in, filter(isOdd) | twice | cache() | half, options).batches == whole);
            CHECK(
                runBatches(in, filter(isOdd) | twice | half | cache() | cache(), options).batches ==
                whole);
        }
    }
}

TEST_CASE("cache of what is materialised already adds no stage", "[dstream][cache]")
{
    sluice::testing::TestEngine engine{{}};
    const auto source = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{});
    CHECK((source | cache()).parent() == source.parent());
    const auto cached = source | filter(isOdd) | cache();
    CHECK((cached | cache()).parent() == cached.parent());
    CHECK(cached.explain() == "stage 0: queueStream\n"
                              "stage 1: filter | cache  <- stage 0\n");
}

TEST_CASE("a stage that nobody called cache has the name of its chain", "[dstream][cache]")
{
    sluice::testing::TestEngine engine{{.batchInterval = std::chrono::seconds{1}}};
    const auto ints = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 2, 3}});
    ints | filter(isOdd) | sluice::foreachBatch([](const sluice::Batch<int>&) {});
    const auto doubled = map([](int x) { return 2 * x; });
    ints | filter(isOdd) | doubled | cache() |
        sluice::foreachBatch([](const sluice::Batch<int>&) {});
    CHECK_THAT(
        engine.runtime().explain(), Catch::StartsWith("stage 0: queueStream\n"
                                                      "stage 1: filter  <- stage 0\n"
                                                      "stage 2: foreachBatch  <- stage 1\n"
                                                      "stage 3: filter | map | cache  <- stage 0\n"
                                                      "stage 4: foreachBatch  <- stage 3\n"));
    engine.start();
    engine.nextBatch();
    const auto operators = engine.metrics().operators;
    REQUIRE(operators.size() == 5);
    CHECK(operators[1].name == "filter");
    CHECK(operators[3].name == "cache");
}

TEST_CASE("cached views stay good, whether they borrow or were copied", "[dstream][cache]")
{
    const std::string longWord(60, 'x');
    const Batches<std::string> in{{"to be or", "not to be"}, {""}, {longWord + " y"}};
    const Batches<std::string_view> expected{
        {"to", "be", "or", "not", "to", "be"}, {}, {longWord, "y"}};
    for (const std::size_t n : {1U, 3U}) {
        const auto unknown = flatMap([](std::string_view text) { return words(text); });
        const auto borrowed = runBatches(in, flatMap(words) | cache(), {.partitions = n});
        CHECK(borrowed.batches == expected);
        const auto copied = runBatches(in, unknown | cache(), {.partitions = n});
        CHECK(copied.batches == expected);
    }
}

TEST_CASE("cache keeps records that a chain made and that can only be moved", "[dstream][cache]")
{
    const auto boxed = map([](int x) { return std::make_unique<int>(x); });
    const auto unboxed = map([](const std::unique_ptr<int>& box) { return *box; });
    CHECK(runBatches(Batches<int>{{1, 2}}, boxed | cache() | unboxed).batches ==
          Batches<int>{{1, 2}});
}

TEST_CASE("a function that throws before cache ends the run under its own name",
    "[dstream][cache][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1}, {2, 3, 13}}, fussy | cache(), {.partitions = 3});
    CHECK(out.batches == Batches<int>{{1}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
    CHECK(out.failure->batchIndex == 1);
    CHECK(out.failure->partition == 2);
}

TEST_CASE("a cached task that is tried again keeps no record twice", "[dstream][cache][errors]")
{
    for (const std::size_t n : {1U, 2U, 8U}) {
        CAPTURE(n);
        int failures = 3;
        const auto shaky = flatMap([&failures](const std::string& text) {
            if (text == "c" && failures > 0) {
                --failures;
                throw std::runtime_error{"not yet"};
            }
            return std::vector{std::string_view{text}, std::string_view{text}};
        });
        const auto out = runBatches(Batches<std::string>{{"a", "b", "c", "d"}, {"e"}},
            shaky | cache(), {.partitions = n, .parallelism = n, .maxTaskFailures = 4});
        CHECK_FALSE(out.failure);
        CHECK(out.batches ==
              Batches<std::string_view>{{"a", "a", "b", "b", "c", "c", "d", "d"}, {"e", "e"}});
    }
}
