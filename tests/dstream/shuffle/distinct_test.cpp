#include <sluice/dstream/shuffle/distinct.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::distinct, sluice::evaluate, sluice::flatMap, sluice::map;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};

// What distinct takes and what it refuses, settled while compiling.
static_assert(Accepts<sluice::Distinct<>, int>);
static_assert(Accepts<sluice::Distinct<>, std::string_view>);
static_assert(Accepts<sluice::Distinct<>, std::pair<std::string, int>>);
static_assert(!Accepts<sluice::Distinct<>, Unhashed>);
static_assert(!Accepts<sluice::Distinct<>, std::unique_ptr<int>>);
static_assert(!Accepts<sluice::Distinct<>, std::pair<int, std::string_view>>);

template <class Records>
auto sorted(const Records& records)
{
    std::vector<typename Records::value_type> all(records.begin(), records.end());
    std::ranges::sort(all);
    return all;
}

template <class T>
std::vector<T> once(const std::vector<T>& records)
{
    const std::set<T> all(records.begin(), records.end());
    return {all.begin(), all.end()};
}
} // namespace

TEST_CASE("distinct gives each record once", "[dstream][distinct]")
{
    // [example]
    auto records = evaluate(distinct(), std::vector<std::string>{"a", "b", "a"});
    std::ranges::sort(records);
    CHECK(records == std::vector<std::string>{"a", "b"});
    // [example]
    CHECK(evaluate(distinct(), std::vector<int>{}).empty());
}

TEST_CASE("distinct is the set of each batch at any parallelism", "[dstream][distinct][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto pairs = map([](int x) { return std::pair{x % 3, x % 5}; });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<int> in{random.numbers(), {}, random.numbers(), random.numbers()};
        const sluice::testing::RunOptions options{.partitions = n, .parallelism = n, .seed = n};
        const auto out = runBatches(in, distinct(), options).batches;
        const auto twice = runBatches(in, distinct() | distinct(), options).batches;
        const auto ofPairs = runBatches(in, pairs | distinct(), options).batches;
        REQUIRE(out.size() == in.size());
        for (std::size_t i = 0; i < in.size(); ++i) {
            CHECK(sorted(out[i]) == once(in[i]));
            CHECK(sorted(twice[i]) == once(in[i])); // once more changes nothing
            CHECK(sorted(ofPairs[i]) == once(evaluate(pairs, in[i])));
        }
    }
}

TEST_CASE("distinct has the partitions that were asked for, also in an empty batch",
    "[dstream][distinct]")
{
    const auto out = runBatches(Batches<int>{{1, 2, 2}, {}}, distinct(3));
    REQUIRE(out.kept.size() == 2);
    CHECK(out.kept[0].partitions().size() == 3);
    CHECK(out.kept[1].partitions().size() == 3);
    CHECK(out.batches[1].empty());
    CHECK(runBatches(Batches<int>{{1}}, distinct(), {.defaultPartitions = 5})
              .kept[0]
              .partitions()
              .size() == 5);
    CHECK_THROWS_WITH(
        distinct(0), "sluice: distinct(partitions): 0 partitions given, must be 1 to 1048576");
}

TEST_CASE(
    "distinct copies the bytes of views, wherever they point", "[dstream][distinct][dangling]")
{
    const std::string longWord(40, 'x');
    const Batches<std::string> in{{"b a", "a " + longWord, longWord}};
    const auto unknown = flatMap([](std::string_view text) { return sluice::words(text); });
    const std::vector<std::string_view> expected{"a", "b", longWord};
    for (const std::size_t n : {1U, 3U}) {
        const auto out = runBatches(in, unknown | distinct(), {.partitions = n});
        CHECK(sorted(out.kept.at(0)) == expected);
        const auto borrowed = runBatches(in, flatMap(sluice::words) | distinct());
        CHECK(sorted(borrowed.kept.at(0)) == expected);
    }
    const std::array texts{longWord, longWord};
    CHECK(evaluate(map([](const std::string& text) { return text + "!"; }) | distinct(), texts) ==
          std::vector<std::string>{longWord + "!"});
}

TEST_CASE("a function that throws before distinct ends the run under its own name",
    "[dstream][distinct][errors]")
{
    const auto fussy = map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    const auto out = runBatches(Batches<int>{{1}, {2, 13}}, fussy | distinct());
    CHECK(out.batches == Batches<int>{{1}});
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "map");
}

TEST_CASE("calls of operator new for distinct grow with the distinct records alone",
    "[dstream][distinct][allocations]")
{
    const auto allocationsOf = [](std::size_t records) {
        sluice::testing::TestEngine engine{{}};
        sluice::BatchQueue<std::string> queue;
        queue.push(std::vector<std::string>(records, "a text of more than fifteen bytes"));
        sluice::queueStream(engine.runtime(), queue) | distinct() |
            sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        return sluice::test::allocationsOf([&] { engine.nextBatch(); });
    };
    CHECK(allocationsOf(10'000) <= allocationsOf(100) + 2);
}

TEST_CASE("the plan names distinct", "[dstream][distinct]")
{
    sluice::testing::TestEngine engine{{}};
    const auto source = sluice::queueStream(engine.runtime(), sluice::BatchQueue<std::string>{});
    const auto words = source | flatMap(sluice::words) | distinct();
    CHECK(words.explain() == "stage 0: queueStream\n"
                             "stage 1: flatMap | combine  <- stage 0\n"
                             "stage 2: merge  <- stage 1\n");
    CHECK(words.parent()->info().name == "distinct");
}
