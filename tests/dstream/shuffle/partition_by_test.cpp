#include <sluice/dstream/shuffle/partition_by.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/partition/range_partitioner.hpp>
#include <sluice/testing/run_batches.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::HashPartitioner, sluice::map, sluice::partitionBy,
    sluice::RangePartitioner;
using sluice::test::randomPairs, sluice::test::Spy;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;

namespace {
using Pair = std::pair<std::string, long>;

/// Knows texts only as `std::string`.
struct ByLength {
    std::size_t count = 4;
    std::size_t partitions() const { return count; }
    std::size_t operator()(const std::string& key) const { return key.size() % 4; }
    friend bool operator==(ByLength, ByLength) = default;
};

struct ByAnswer {
    int partitions() const { return 4; }
    int operator()(int key) const { return key; }
    friend bool operator==(ByAnswer, ByAnswer) = default;
};

// What partitionBy takes and what it refuses, settled while compiling.
template <class P, class T>
constexpr bool takes = Accepts<decltype(partitionBy(std::declval<P>())), T>;
static_assert(takes<HashPartitioner, std::pair<int, int>>);
static_assert(takes<HashPartitioner, std::pair<std::string_view, std::string_view>>);
static_assert(takes<ByLength, Pair>);
static_assert(takes<RangePartitioner<std::string>, std::pair<std::string_view, int>>);
static_assert(!takes<HashPartitioner, int>);
static_assert(!takes<ByLength, std::pair<int, int>>);
static_assert(!takes<HashPartitioner, std::pair<int, std::unique_ptr<int>>>);
constexpr auto noPartitioner = [](int key) { return key; };
static_assert(!takes<decltype(noPartitioner), std::pair<int, int>>);
struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};
static_assert(!takes<HashPartitioner, std::pair<Unhashed, int>>);

template <class P>
void checkPartitions(const P& partitioner, std::uint64_t seed)
{
    for (const std::size_t from : {0U, 1U, 2U, 3U, 8U}) {
        for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
            CAPTURE(from, threads);
            Batches<Pair> in{randomPairs(seed, 500, 40), {}, {{"only", 1}}};
            if (from == 0) { in = {{}, {}}; }
            const auto out = runBatches(
                in, partitionBy(partitioner), {.partitions = from, .parallelism = threads});
            REQUIRE_FALSE(out.failure);
            REQUIRE(out.kept.size() == in.size());
            for (std::size_t i = 0; i < in.size(); ++i) {
                const auto& partitions = out.kept[i].partitions();
                REQUIRE(partitions.size() == partitioner.partitions());
                for (std::size_t p = 0; p < partitions.size(); ++p) {
                    std::vector<Pair> expected;
                    std::ranges::copy_if(in[i], std::back_inserter(expected),
                        [&](const Pair& pair) { return partitioner(pair.first) == p; });
                    CHECK(std::ranges::equal(partitions[p].records(), expected));
                }
            }
        }
    }
}
} // namespace

TEST_CASE("partitionBy puts each record where the partitioner says", "[dstream][partitionBy]")
{
    // [example]
    const Batches<Pair> scores{{{"eve", 3}, {"adam", 1}, {"zoe", 2}, {"bob", 4}}};
    const RangePartitioner<std::string> halves{{"m"}}; // up to "m", and what is behind it
    const auto out = runBatches(scores, partitionBy(halves));
    const auto& partitions = out.kept.at(0).partitions();
    CHECK(partitions.at(0).size() == 3);
    CHECK(partitions.at(1).records().front() == Pair{"zoe", 2});
    // [example]
}

TEST_CASE("partitionBy of a finite range is the range", "[dstream][partitionBy]")
{
    const std::vector<Pair> pairs{{"a", 1}, {"b", 2}};
    CHECK(evaluate(partitionBy(HashPartitioner{3}), pairs) == pairs);
}

TEST_CASE("each partition has its records in the order of the stream, at any parallelism",
    "[dstream][partitionBy][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
        CAPTURE(n);
        checkPartitions(HashPartitioner{n}, random.seed());
    }
    checkPartitions(ByLength{}, random.seed());
    checkPartitions(ByLength{9}, random.seed()); // partitions that nothing falls into
    checkPartitions(RangePartitioner<std::string>::sampled(randomPairs(1, 100, 40), 3), 2);
}

TEST_CASE("a partitioner without partitions is refused where it is written",
    "[dstream][partitionBy][errors]")
{
    CHECK_THROWS_WITH(partitionBy(ByLength{0}),
        "sluice: partitionBy(partitioner): 0 partitions given, must be 1 to 1048576");
}

TEST_CASE("an answer that names no partition fails the task and says so",
    "[dstream][partitionBy][errors]")
{
    for (const int wrong : {4, -1}) {
        const Batches<std::pair<int, int>> in{{{0, 0}, {3, 0}}, {{1, 0}, {wrong, 0}}};
        const auto out = runBatches(in, partitionBy(ByAnswer{}));
        CHECK(out.kept.size() == 1);
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == "partitionBy");
        CHECK(out.failure->batchIndex == 1);
        CHECK(
            out.failure->message.find(
                "sluice: a partitioner answered " + std::to_string(wrong) +
                " for a key, must be less than its number of partitions, 4") != std::string::npos);
    }
}

TEST_CASE("a task that is tried again puts no record twice", "[dstream][partitionBy][errors]")
{
    auto failures = std::make_shared<int>(2);
    const auto flaky = map([failures](const Pair& pair) {
        if (pair.first == "13" && (*failures)-- > 0) { throw std::runtime_error{"flaky"}; }
        return pair;
    });
    std::vector<Pair> in;
    for (int i = 0; i < 20; ++i) {
        in.emplace_back(std::to_string(i), i);
    }
    const auto out = runBatches(Batches<Pair>{in}, flaky | partitionBy(HashPartitioner{4}),
        {.partitions = 3, .maxTaskFailures = 4});
    REQUIRE_FALSE(out.failure);
    CHECK(out.batches.at(0).size() == in.size());
}

TEST_CASE("a partition that one task brought is not copied", "[dstream][partitionBy]")
{
    const auto copiesOf = [](std::size_t parallelism) {
        TestEngine engine{{.parallelism = parallelism}};
        sluice::BatchQueue<int> queue;
        queue.pushPartitions(std::vector<std::vector<int>>{{1, 2}, {3, 4}});
        std::size_t copies = 0;
        sluice::queueStream(engine.runtime(), queue) | map([](int x) {
            return std::pair<int, Spy>{x % 2, Spy{x}};
        }) | partitionBy(HashPartitioner{2}) |
            map([&copies](const std::pair<int, Spy>& pair) {
                copies = Spy::copies;
                return pair.first;
            }) |
            sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        Spy::reset();
        engine.nextBatch();
        return copies;
    };
    CHECK(copiesOf(1) == 0);
    CHECK(copiesOf(2) == 4);
}

TEST_CASE("views stay good through partitionBy", "[dstream][partitionBy][dangling]")
{
    const Batches<std::string> in{{"one", "two " + std::string(40, 'x')}, {"three"}};
    const auto first = [](std::string_view text) { return text.substr(0, text.find(' ')); };
    const auto borrowed =
        map(sluice::borrows([](const std::string& text) -> std::string_view { return text; })) |
        map(sluice::borrows([](std::string_view text) {
            return std::pair{text, text};
        }));
    const auto unknown = map([first](const std::string& text) {
        return std::pair<std::string_view, std::string_view>{first(text), text};
    });
    for (const std::size_t threads : {1U, 3U}) {
        const sluice::testing::RunOptions options{.partitions = 2, .parallelism = threads};
        const auto kept = runBatches(in, unknown | partitionBy(HashPartitioner{3}), options).kept;
        std::size_t bytes = 0;
        for (const auto& [key, text] : kept.at(0)) {
            CHECK(text.starts_with(key));
            bytes += text.size();
        }
        CHECK(bytes == in[0][0].size() + in[0][1].size());
        const auto same = runBatches(in, borrowed | partitionBy(HashPartitioner{3}), options).kept;
        for (const auto& [key, text] : same.at(0)) {
            CHECK(key == text);
        }
    }
}

TEST_CASE(
    "keys that are NaN or zeros of either sign are put like any others", "[dstream][partitionBy]")
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Batches<std::pair<double, int>> in{{{nan, 1}, {0.0, 2}, {-0.0, 3}, {nan, 4}, {1.0, 5}}};
    for (const std::size_t n : {1U, 2U, 8U}) {
        const auto out = runBatches(in, partitionBy(HashPartitioner{n}), {.partitions = 3});
        CHECK(out.batches.at(0).size() == 5);
        for (const auto& partition : out.kept.at(0).partitions()) {
            int zeros = 0;
            int notNumbers = 0;
            for (const auto& [key, value] : partition) {
                zeros += key == 0.0 ? 1 : 0;
                notNumbers += key != key ? 1 : 0;
            }
            CHECK(zeros % 2 == 0);
            CHECK(notNumbers % 2 == 0);
        }
    }
}

TEST_CASE("the elements of a map, whose keys are const, may be put elsewhere too",
    "[dstream][partitionBy]")
{
    const auto both = sluice::flatMap([](int i) {
        return std::map<int, std::string>{{i, "a"}, {i + 1, "b"}};
    });
    const auto out = runBatches(Batches<int>{{1, 2, 3, 2}, {}},
        both | partitionBy(HashPartitioner{3}) | sluice::cache(), {.partitions = 3});
    REQUIRE_FALSE(out.failure);
    CHECK(out.batches.at(1).empty());
    std::multimap<int, std::string> seen;
    for (const auto& [key, value] : out.batches.at(0)) {
        seen.emplace(key, value);
    }
    CHECK(seen.size() == 8);
    CHECK(seen.count(2) == 3);
    CHECK(seen.count(3) == 3);
}

TEST_CASE("a stream that lies so already is left as it is", "[dstream][partitionBy]")
{
    TestEngine engine{{}};
    const auto source = sluice::queueStream(engine.runtime(), sluice::BatchQueue<Pair>{});
    const auto once = source | partitionBy(ByLength{});
    CHECK((once | partitionBy(ByLength{})).parent() == once.parent());
    CHECK((once | partitionBy(ByLength{5})).parent() != once.parent());
    CHECK((once | partitionBy(HashPartitioner{4})).parent() != once.parent());
    CHECK(once.explain() == "stage 0: queueStream\n"
                            "stage 1: partitionBy  <- stage 0\n"
                            "stage 2: gather  <- stage 1\n");
    CHECK(once.parent()->info().partitions == 4);
}
