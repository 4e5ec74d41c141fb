#include <sluice/algebra/key_by.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/swap.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// keyBy, keys, values, swap, flatMapValues and tap on streams: what their own tests say of finite
// ranges holds batch by batch and partition by partition.

using sluice::evaluate, sluice::flatMapValues, sluice::keyBy, sluice::keys, sluice::map,
    sluice::swap, sluice::tap, sluice::values;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
constexpr auto lastDigit = [](int x) { return x % 10; };
constexpr auto bothSigns = [](int x) { return std::array{x, -x}; };
} // namespace

TEST_CASE("narrow operators over pairs keep order and partitions at any parallelism",
    "[dstream][keyBy][keys][values][swap][flatMapValues][tap][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 5; ++round) {
        const Batches<int> in{random.numbers(), {}, random.numbers()};
        const auto pairs = keyBy(lastDigit) | flatMapValues(bothSigns) | swap;
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(n);
            std::atomic<std::size_t> seen = 0;
            const auto watched = pairs | keys | tap([&seen](int) { ++seen; });
            const auto out = runBatches(in, watched, {.partitions = n, .parallelism = n});
            REQUIRE(out.batches.size() == 3);
            for (std::size_t i = 0; i < in.size(); ++i) {
                CHECK(out.batches[i] == evaluate(pairs | keys, in[i]));
                CHECK(out.kept[i].partitions().size() == n);
            }
            CHECK(seen == 2 * (in[0].size() + in[2].size()));
            CHECK(runBatches(in, pairs | values, {.partitions = n}).batches[0] ==
                  evaluate(pairs | values, in[0]));
        }
    }
}

TEST_CASE("a function that throws ends the run under its operator's name",
    "[dstream][keyBy][flatMapValues][tap][errors]")
{
    const auto fussy = [](int x) { return x == 13 ? throw std::domain_error{"13"} : x; };
    const auto nameOf = [](const auto& pipeline) {
        const auto out = runBatches(Batches<int>{{1}, {2, 3, 13}}, pipeline, {.partitions = 3});
        CHECK(out.batches.size() == 1);
        REQUIRE(out.failure);
        CHECK(out.failure->batchIndex == 1);
        CHECK(out.failure->partition == 2);
        return out.failure->operatorName;
    };
    CHECK(nameOf(keyBy(fussy)) == "keyBy");
    CHECK(nameOf(tap(fussy)) == "tap");
    CHECK(nameOf(keyBy(lastDigit) | flatMapValues([fussy](int x) {
        return std::array{fussy(x)};
    })) == "flatMapValues");
}

TEST_CASE("views among keys and values stay good through a boundary",
    "[dstream][keyBy][keys][values][swap][dangling]")
{
    const Batches<std::string> in{
        {"to be or not to be", std::string(40, 'x') + " " + std::string(40, 'y')}, {"short"}};
    const auto firstWord = [](const std::string& line) {
        return std::string_view{line}.substr(0, line.find(' '));
    };
    const Batches<std::string_view> expected{
        {"to", std::string_view{in[0][1]}.substr(0, 40)}, {"short"}};
    const auto check = [&](const auto& byWord) {
        CHECK(runBatches(in, byWord | keys).batches == expected);
        CHECK(
            runBatches(in, byWord | sluice::cache() | keys | sluice::cache()).batches == expected);
        CHECK(runBatches(in, byWord | swap | sluice::cache() | values).batches == expected);
        CHECK(runBatches(in, byWord | values).batches == in);
    };
    check(keyBy(firstWord));
    check(keyBy(sluice::borrows(firstWord)));
    const auto copied = map([](const std::string& line) { return line + ""; });
    check(copied | keyBy(firstWord));
    check(copied | keyBy(sluice::borrows(firstWord)));
}

TEST_CASE("calls of operator new do not grow with the records of narrow operators over pairs",
    "[dstream][keyBy][flatMapValues][swap][tap][allocations]")
{
    const auto chain =
        keyBy(lastDigit) | flatMapValues(bothSigns) | swap | tap([](const auto&) {}) | values;
    const auto allocationsOf = [&](std::size_t records) {
        sluice::testing::TestEngine engine{{}};
        sluice::BatchQueue<int> queue;
        queue.push(std::vector<int>(records, 7));
        sluice::queueStream(engine.runtime(), queue) | chain |
            sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        return sluice::test::allocationsOf([&] { engine.nextBatch(); });
    };
    // The buffer of the outcome takes some steps more to grow.
    CHECK(allocationsOf(100'000) <= allocationsOf(1'000) + 16);
}
