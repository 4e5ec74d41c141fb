// Operators by key over streams whose keys lie in their partitions already: nothing moves, and the
// results are those of a shuffle.
#include <sluice/dstream/shuffle/partition_by.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/map_partitions.hpp>
#include <sluice/dstream/shuffle/cogroup.hpp>
#include <sluice/dstream/shuffle/combine_by_key.hpp>
#include <sluice/dstream/shuffle/count_by_value.hpp>
#include <sluice/dstream/shuffle/distinct.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/partition/range_partitioner.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sl = sluice;
using sluice::HashPartitioner, sluice::partitionBy, sluice::RangePartitioner;
using sluice::test::randomPairs, sluice::test::runStreams;
using sluice::testing::Batches, sluice::testing::RunOptions, sluice::testing::TestEngine;

namespace {
using Pair = std::pair<std::string, long>;
using Stream = sl::DStream<Pair>;
using Prepare = std::function<Stream(const Stream&)>;

struct ByLength {
    std::size_t count = 4;
    std::size_t partitions() const { return count; }
    std::size_t operator()(const std::string& key) const { return key.size() % count; }
    friend bool operator==(ByLength, ByLength) = default;
};

constexpr auto sum = std::plus<long>{};
constexpr auto sumOf = [](sl::Values<long> values) {
    return std::accumulate(values.begin(), values.end(), 0L);
};
constexpr auto sums = [](const std::pair<sl::Values<long>, sl::Values<long>>& sides) {
    return std::pair{sumOf(sides.first), sumOf(sides.second)};
};
constexpr auto isEven = [](const Pair& pair) { return pair.second % 2 == 0; };

template <class Records>
auto sorted(const Records& records)
{
    std::vector<typename Records::value_type> all(records.begin(), records.end());
    std::ranges::sort(all);
    return all;
}

template <class T>
Batches<T> sorted(Batches<T> batches)
{
    for (auto& batch : batches) {
        std::ranges::sort(batch);
    }
    return batches;
}

/// What `build` makes of two streams is the same, by partition, however the streams lay before.
template <class P, class Build>
void checkAlike(const P& partitioner, Build build)
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const Batches<Pair> left{randomPairs(random.seed(), 300, 50), {}, {{"only", 1}}};
    const Batches<Pair> right{randomPairs(random.seed() + 1, 90, 70), {{"only", 2}}, {}};
    std::vector<sl::Batch<typename decltype(build(
        std::declval<const Stream&>(), std::declval<const Stream&>()))::Record>>
        expected;
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        const RunOptions options{
            .partitions = 3, .parallelism = parallelism, .defaultPartitions = 5};
        const Prepare lies = [&](const Stream& in) { return in | partitionBy(partitioner); };
        const Prepare liesStill = [&](const Stream& in) {
            return in | partitionBy(partitioner) | sl::filter([](const Pair&) { return true; });
        };
        const Prepare leave = [](const Stream& in) { return in; };
        for (const auto& [first, second] : {std::pair{leave, leave}, {lies, lies}, {lies, leave},
                 {leave, lies}, {liesStill, liesStill}}) {
            const auto out = runStreams(
                options,
                [&](const Stream& a, const Stream& b) { return build(first(a), second(b)); }, left,
                right);
            REQUIRE_FALSE(out.failure);
            REQUIRE(out.kept.size() == left.size());
            if (expected.empty()) { expected = out.kept; } // of what was left to a shuffle
            for (std::size_t i = 0; i < out.kept.size(); ++i) {
                const auto& partitions = out.kept[i].partitions();
                REQUIRE(partitions.size() == expected[i].partitions().size());
                for (std::size_t p = 0; p < partitions.size(); ++p) {
                    CHECK(sorted(partitions[p]) == sorted(expected[i].partitions()[p]));
                }
            }
        }
    }
}

template <class P>
void checkAllAlike(const P& by)
{
    checkAlike(by, [by](const Stream& a, const Stream&) { return a | sl::reduceByKey(sum, by); });
    checkAlike(by, [by](const Stream& a, const Stream&) {
        return a | sl::groupByKey(by) | sl::mapValues(sumOf);
    });
    checkAlike(by, [by](const Stream& a, const Stream&) {
        return a |
               sl::combineByKey([](long x) { return std::vector{x}; },
                   [](std::vector<long> all, long x) {
                       all.push_back(x);
                       return all;
                   },
                   [](std::vector<long> all, const std::vector<long>& more) {
                       all.insert(all.end(), more.begin(), more.end());
                       return all;
                   },
                   by) |
               sl::mapValues([](const std::vector<long>& all) { return sumOf(all); });
    });
    checkAlike(by, [by](const Stream& a, const Stream& b) {
        return a | sl::cogroup(b, by) | sl::mapValues(sums);
    });
    checkAlike(by, [by](const Stream& a, const Stream& b) { return a | sl::join(b, by); });
    checkAlike(by, [by](const Stream& a, const Stream& b) { return a | sl::fullOuterJoin(b, by); });
    // Twice: what a shuffle left lies as it says.
    checkAlike(by, [by](const Stream& a, const Stream& b) {
        return a | sl::reduceByKey(sum, by) | sl::mapValues([](long x) { return x * 2; }) |
               sl::leftOuterJoin(
                   b | sl::filter(isEven) | sl::groupByKey(by) | sl::mapValues(sumOf), by) |
               sl::filter([](const auto& record) { return record.first != "7"; }) |
               sl::groupByKey(by) | sl::mapValues([](const auto& values) { return values.size(); });
    });
}
} // namespace

TEST_CASE("operators by key give the same where nothing has to move",
    "[dstream][partitionBy][in_place][partitions]")
{
    SECTION("by hash")
    {
        checkAllAlike(HashPartitioner{1});
        checkAllAlike(HashPartitioner{7});
    }
    SECTION("by a partitioner of the user's")
    {
        checkAllAlike(ByLength{});
    }
    SECTION("by ranges")
    {
        checkAllAlike(RangePartitioner<std::string>::sampled(randomPairs(1, 100, 50), 3));
    }
}

TEST_CASE("many keys of one partition are combined in place as fast as any",
    "[dstream][partitionBy][in_place]")
{
    // The hashes of a partition are alike in their upper bits, by which tables are ordered.
    std::vector<std::pair<long, long>> pairs;
    for (long i = 0; i < 100'000; ++i) {
        pairs.emplace_back(i % 70'000, 1);
    }
    const HashPartitioner by{64};
    const auto out = sl::testing::runBatches(Batches<std::pair<long, long>>{pairs},
        partitionBy(by) | sl::reduceByKey(sum, by) | sl::groupByKey(by), {.partitions = 3});
    REQUIRE_FALSE(out.failure);
    CHECK(out.batches.at(0).size() == 70'000);
}

TEST_CASE("explain says where a shuffle is spared", "[dstream][partitionBy][in_place]")
{
    TestEngine engine{{.defaultPartitions = 4}};
    const auto source = sl::queueStream(engine.runtime(), sl::BatchQueue<Pair>{});
    const auto sumsByKey = source | sl::reduceByKey(sum);
    CHECK((sumsByKey | sl::mapValues([](long x) { return x + 1; }) | sl::reduceByKey(sum))
              .explain() == "stage 0: queueStream\n"
                            "stage 1: combine  <- stage 0\n"
                            "stage 2: merge  <- stage 1\n"
                            "stage 3: mapValues | combine in place  <- stage 2\n"
                            "stage 4: merge  <- stage 3\n");
    const auto plan = (sumsByKey | sl::join(source)).explain();
    CAPTURE(plan);
    CHECK(plan.find("group in place  <- stage 2\n") != std::string::npos); // one side
    CHECK(plan.find("group  <- stage 0\n") != std::string::npos);          // and not the other
}

namespace {
/// Whether the keys of what `build` makes of a stream by 4 hashes are known to lie so still.
template <class Build>
bool keeps(Build build)
{
    TestEngine engine{{.defaultPartitions = 4}};
    const auto lying =
        sl::queueStream(engine.runtime(), sl::BatchQueue<Pair>{}) | partitionBy(HashPartitioner{4});
    return (build(lying) | sl::groupByKey()).explain().find("in place") != std::string::npos;
}
} // namespace

TEST_CASE("operators that leave keys alone leave them where they lie, and no others",
    "[dstream][partitionBy][in_place]")
{
    const auto same = [](const Pair& pair) { return pair; };
    CHECK(keeps([](const auto& in) { return in; }));
    CHECK(keeps([](const auto& in) { return in | sl::filter(isEven); }));
    CHECK(keeps([](const auto& in) { return in | sl::tap([](const Pair&) {}); }));
    CHECK(keeps([](const auto& in) {
        return in | sl::mapValues([](long x) { return x; }) | sl::flatMapValues([](long x) {
            return std::vector{x, x};
        });
    }));
    CHECK(keeps([](const auto& in) { return in | sl::filter(isEven) | sl::cache(); }));
    CHECK(keeps([](const auto& in) { return in | sl::join(in); }));
    CHECK(keeps([](const auto& in) { return in | sl::reduceByKey(sum); }));

    CHECK_FALSE(keeps([same](const auto& in) { return in | sl::map(same); }));
    CHECK_FALSE(keeps([same](const auto& in) { return in | sl::map(same) | sl::cache(); }));
    CHECK_FALSE(keeps([](const auto& in) { return in | sl::distinct(); }));
    CHECK_FALSE(keeps([](const auto& in) { return in | sl::reduceByKey(sum, 5); }));
    CHECK_FALSE(keeps([](const auto& in) { return in | partitionBy(ByLength{}); }));
    CHECK_FALSE(keeps([](const auto& in) {
        return in | sl::mapPartitions(sl::borrows([](std::span<const Pair> all) { return all; }));
    }));
}

TEST_CASE("what countByValue counted lies by its values", "[dstream][partitionBy][in_place]")
{
    TestEngine engine{{.defaultPartitions = 4}};
    const auto source = sl::queueStream(engine.runtime(), sl::BatchQueue<std::string>{});
    const auto plan = (source | sl::countByValue() | sl::groupByKey()).explain();
    CHECK(plan.find("in place") != std::string::npos);
}

TEST_CASE(
    "keys of both types of text are one, wherever they lie", "[dstream][partitionBy][in_place]")
{
    using View = std::pair<std::string_view, long>;
    const auto asViews = sl::map(sl::borrows([](const Pair& pair) {
        return View{std::string_view{pair.first}, pair.second};
    }));
    const auto in = randomPairs(3, 200, 30);
    const auto joined = [&](auto by, auto first, auto second) {
        auto out = runStreams(
            {.partitions = 2, .parallelism = 2},
            [&](const auto& a, const auto& b) {
                return a | first | sl::join(b | asViews | second, by) |
                       sl::map([](const auto& record) {
                           return std::pair{std::string{record.first}, record.second};
                       });
            },
            Batches<Pair>{in}, Batches<Pair>{in});
        REQUIRE_FALSE(out.failure);
        return sorted(std::move(out.batches));
    };
    const auto check = [&](auto by) {
        const auto expected = joined(by, sl::Identity{}, sl::Identity{});
        CHECK(expected.at(0).size() >= in.size());
        CHECK(joined(by, partitionBy(by), sl::Identity{}) == expected);
        CHECK(joined(by, sl::Identity{}, partitionBy(by)) == expected);
        CHECK(joined(by, partitionBy(by), partitionBy(by)) == expected);
    };
    check(HashPartitioner{3});
    check(RangePartitioner<std::string>{{"15", "22"}});
}

TEST_CASE("zeros of either sign are one key, and NaN is one too, in place as after a shuffle",
    "[dstream][partitionBy][in_place]")
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    using Number = std::pair<double, long>;
    const Batches<Number> in{
        {{nan, 1}, {0.0, 2}, {1.0, 4}, {-nan, 8}, {-0.0, 16}, {nan, 32}, {0.0, 64}}};
    const auto check = [&](auto by) {
        for (const std::size_t parallelism : {1U, 3U}) {
            const RunOptions options{.partitions = 3, .parallelism = parallelism};
            const auto values = [&](auto before) {
                const auto out = runStreams(
                    options,
                    [&](const auto& a) {
                        return a | before | sl::groupByKey(by) | sl::mapValues(sumOf) |
                               sl::reduceByKey(sum, by) | sl::values;
                    },
                    in);
                REQUIRE_FALSE(out.failure);
                return sorted(out.batches.at(0));
            };
            CHECK(values(sl::Identity{}) == std::vector<long>{4, 41, 82});
            CHECK(values(partitionBy(by)) == std::vector<long>{4, 41, 82});
        }
    };
    check(HashPartitioner{4});
    check(RangePartitioner<double>{{0.5}});
}

TEST_CASE("a partitioner that names no partition fails the task of any operator",
    "[dstream][partitionBy][errors]")
{
    struct Wrong {
        std::size_t partitions() const { return 2; }
        std::size_t operator()(const std::string& key) const { return key == "bad" ? 2 : 0; }
        bool operator==(const Wrong&) const = default;
    };
    const Batches<Pair> in{{{"good", 1}}, {{"good", 1}, {"bad", 2}}};
    const auto check = [&](auto op, std::string_view name) {
        const auto out = sl::testing::runBatches(in, op);
        CHECK(out.kept.size() == 1);
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == name);
        CHECK(out.failure->message.find("must be less than its number of partitions, 2") !=
              std::string::npos);
    };
    check(sl::reduceByKey(sum, Wrong{}), "reduceByKey");
    check(sl::groupByKey(Wrong{}) | sl::mapValues(sumOf), "groupByKey");
}
