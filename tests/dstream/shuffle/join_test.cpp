#include <sluice/dstream/shuffle/join.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/print.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::DStream, sluice::fullOuterJoin, sluice::join,
    sluice::leftOuterJoin, sluice::print, sluice::queueStream, sluice::rightOuterJoin;
using sluice::test::randomPairs, sluice::test::runStreams;
using sluice::testing::Batches, sluice::testing::RunOptions, sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
using Pair = std::pair<std::string, long>;
using Named = std::pair<std::string, std::string>;
using Maybe = std::optional<long>;
/// A record of any join: key, left, right.
using Row = std::tuple<std::string, Maybe, Maybe>;

// What the joins take and what they refuse, settled while compiling.
using WithNames = decltype(join(std::declval<DStream<Named>>()));
static_assert(
    std::same_as<WithNames::Output<Pair>, std::pair<std::string, std::pair<long, std::string>>>);
static_assert(std::same_as<decltype(leftOuterJoin(std::declval<DStream<Named>>()))::Output<Pair>,
    std::pair<std::string, std::pair<long, std::optional<std::string>>>>);
static_assert(std::same_as<decltype(rightOuterJoin(std::declval<DStream<Named>>()))::Output<Pair>,
    std::pair<std::string, std::pair<std::optional<long>, std::string>>>);
static_assert(std::same_as<decltype(fullOuterJoin(std::declval<DStream<Named>>()))::Output<Pair>,
    std::pair<std::string, std::pair<std::optional<long>, std::optional<std::string>>>>);
static_assert(Accepts<WithNames, Pair>);
static_assert(Accepts<WithNames, std::pair<std::string_view, bool>>);
static_assert(!Accepts<WithNames, std::pair<int, long>>);
static_assert(!Accepts<WithNames, std::string>);
static_assert(!Accepts<WithNames, std::pair<std::string, std::unique_ptr<int>>>);

/// The oracle: every record with every other, as slowly as can be.
std::vector<Row> bruteForce(
    const std::vector<Pair>& lefts, const std::vector<Pair>& rights, bool allLeft, bool allRight)
{
    std::vector<Row> rows;
    const auto lacks = [](const std::vector<Pair>& records, const std::string& key) {
        return std::ranges::none_of(records, [&](const Pair& other) { return other.first == key; });
    };
    for (const auto& [key, left] : lefts) {
        for (const auto& [other, right] : rights) {
            if (key == other) { rows.emplace_back(key, left, right); }
        }
        if (allLeft && lacks(rights, key)) { rows.emplace_back(key, left, std::nullopt); }
    }
    for (const auto& [key, right] : rights) {
        if (allRight && lacks(lefts, key)) { rows.emplace_back(key, std::nullopt, right); }
    }
    std::ranges::sort(rows);
    return rows;
}

template <class Records>
std::vector<Row> rowsOf(const Records& records)
{
    std::vector<Row> rows;
    for (const auto& [key, sides] : records) {
        rows.emplace_back(std::string{key}, sides.first, sides.second);
    }
    std::ranges::sort(rows);
    return rows;
}

constexpr auto inner = [](const auto& a, const auto& b) { return a | join(b); };
constexpr auto left = [](const auto& a, const auto& b) { return a | leftOuterJoin(b); };
constexpr auto right = [](const auto& a, const auto& b) { return a | rightOuterJoin(b); };
constexpr auto full = [](const auto& a, const auto& b) { return a | fullOuterJoin(b); };

/// All four joins against the oracle.
void checkJoins(RunOptions options, const Batches<Pair>& a, const Batches<Pair>& b)
{
    const auto inners = runStreams(options, inner, a, b);
    const auto lefts = runStreams(options, left, a, b);
    const auto rights = runStreams(options, right, a, b);
    const auto fulls = runStreams(options, full, a, b);
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(rowsOf(inners.kept.at(i)) == bruteForce(a[i], b[i], false, false));
        CHECK(rowsOf(lefts.kept.at(i)) == bruteForce(a[i], b[i], true, false));
        CHECK(rowsOf(rights.kept.at(i)) == bruteForce(a[i], b[i], false, true));
        CHECK(rowsOf(fulls.kept.at(i)) == bruteForce(a[i], b[i], true, true));
    }
}
} // namespace

TEST_CASE("join gives each value of a key with each value of the other stream", "[dstream][join]")
{
    TestEngine engine{{}};
    sluice::engine::Runtime& context = engine.runtime();
    std::ostringstream out;
    // [example]
    using Order = std::pair<std::string, long>;
    using City = std::pair<std::string, std::string>;
    const auto orders =
        queueStream(context, BatchQueue<Order>{{{"ann", 3}, {"bob", 1}, {"ann", 5}}});
    const auto cities = queueStream(context, BatchQueue<City>{{{"ann", "Oslo"}, {"eve", "Bonn"}}});
    orders | join(cities) | print(out); // (ann,(3,Oslo)) (ann,(5,Oslo))
    // (ann,(3,Some(Oslo))) (ann,(5,Some(Oslo))) (bob,(1,None))
    orders | leftOuterJoin(cities) | print(out);
    // [example]
    context.start();
    engine.executor().run();
    engine.nextBatch();
    const auto timesIn = [&](const std::string& line) {
        const std::string text = out.str();
        std::size_t times = 0;
        for (auto at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) {
            ++times;
        }
        return times;
    };
    CHECK(timesIn("(ann,(3,Oslo))\n") == 1);
    CHECK(timesIn("(ann,(5,Oslo))\n") == 1);
    CHECK(timesIn("(ann,(3,Some(Oslo)))\n") == 1);
    CHECK(timesIn("(ann,(5,Some(Oslo)))\n") == 1);
    CHECK(timesIn("(bob,(1,None))\n") == 1);
    CHECK(timesIn("(") == 5 * 2 + 2);
}

TEST_CASE("outer joins say with none that the other stream lacks a key", "[dstream][join]")
{
    const Batches<Pair> a{{{"both", 1}, {"left", 2}}};
    const Batches<Pair> b{{{"right", 3}, {"both", 4}}};
    const auto none = std::nullopt;
    CHECK(rowsOf(runStreams({}, inner, a, b).kept.at(0)) == std::vector<Row>{{"both", 1, 4}});
    CHECK(rowsOf(runStreams({}, left, a, b).kept.at(0)) ==
          std::vector<Row>{{"both", 1, 4}, {"left", 2, none}});
    CHECK(rowsOf(runStreams({}, right, a, b).kept.at(0)) ==
          std::vector<Row>{{"both", 1, 4}, {"right", none, 3}});
    CHECK(rowsOf(runStreams({}, full, a, b).kept.at(0)) ==
          std::vector<Row>{{"both", 1, 4}, {"left", 2, none}, {"right", none, 3}});
}

TEST_CASE("all joins agree with brute force, whatever is cut and ordered how", "[dstream][join]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, n);
            // Few keys with many values, many keys with few, one side much larger, empty sides.
            const Batches<Pair> a{randomPairs(seed, 60, 5), randomPairs(seed, 300, 400),
                randomPairs(seed, 10, 200), {}, randomPairs(seed, 20, 20), {}};
            const Batches<Pair> b{randomPairs(seed + 9, 40, 6), randomPairs(seed + 9, 300, 400),
                randomPairs(seed + 9, 500, 200), randomPairs(seed, 20, 20), {}, {}};
            checkJoins({.partitions = n,
                           .parallelism = n,
                           .defaultPartitions = n == 3 ? 64U : n,
                           .seed = seed},
                a, b);
        }
    }
}

TEST_CASE("an empty batch gives an empty batch with all its partitions", "[dstream][join]")
{
    const Batches<Pair> nothing{{}};
    for (const std::size_t inputs : {0U, 1U, 3U}) {
        CAPTURE(inputs);
        const RunOptions options{.partitions = inputs, .defaultPartitions = 5};
        for (const auto& batch : {runStreams(options, inner, nothing, nothing).kept.at(0)}) {
            CHECK(batch.empty());
            CHECK(batch.partitions().size() == 5);
        }
        CHECK(runStreams(options, full, nothing, nothing).kept.at(0).empty());
    }
    const Batches<Pair> some{{{"a", 1}}};
    CHECK(runStreams({}, left, nothing, some).kept.at(0).empty());
    CHECK(runStreams({}, right, some, nothing).kept.at(0).empty());
}

TEST_CASE("joins have the partitions that were asked for", "[dstream][join]")
{
    const Batches<Pair> in{randomPairs(1, 50, 30)};
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U}) {
        CAPTURE(n);
        const auto out = runStreams(
            {}, [n](const auto& a, const auto& b) { return a | fullOuterJoin(b, n); }, in, in);
        CHECK(out.kept.at(0).partitions().size() == n);
        CHECK(rowsOf(out.kept[0]) == bruteForce(in[0], in[0], true, true));
    }
}

TEST_CASE("joins are laws of sets", "[dstream][join]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        const Batches<Pair> a{randomPairs(seed, 200, 100)};
        const Batches<Pair> b{randomPairs(seed + 5, 200, 100)};
        // Turning the sides around turns the pairs around.
        const auto turned = [](std::vector<Row> rows) {
            for (auto& [key, l, r] : rows) {
                std::swap(l, r);
            }
            std::ranges::sort(rows);
            return rows;
        };
        CHECK(rowsOf(runStreams({}, left, a, b).kept.at(0)) ==
              turned(rowsOf(runStreams({}, right, b, a).kept.at(0))));
        // A filter on keys may stand before or behind.
        const auto few = sluice::filter([](const auto& record) { return record.first < "5"; });
        CHECK(rowsOf(runStreams(
                  {}, [&](const auto& x, const auto& y) { return x | few | join(y); }, a, b)
                         .kept.at(0)) ==
              rowsOf(runStreams(
                  {}, [&](const auto& x, const auto& y) { return x | join(y) | few; }, a, b)
                         .kept.at(0)));
        // What an inner join lacks of a left outer join are the records without the other side.
        const auto matched =
            sluice::filter([](const auto& r) { return r.second.second.has_value(); });
        CHECK(rowsOf(runStreams(
                  {}, [&](const auto& x, const auto& y) { return x | leftOuterJoin(y) | matched; },
                  a, b)
                         .kept.at(0)) == rowsOf(runStreams({}, inner, a, b).kept.at(0)));
    }
}

TEST_CASE("records of a join go on into any operator, and may be kept", "[dstream][join]")
{
    const Batches<Pair> a{randomPairs(1, 100, 20)};
    const Batches<Pair> b{randomPairs(2, 100, 20)};
    const auto expected = bruteForce(a[0], b[0], false, false);
    for (const std::size_t n : {1U, 3U}) {
        const RunOptions options{.partitions = n, .parallelism = n};
        CHECK(rowsOf(runStreams(
                  options,
                  [](const auto& x, const auto& y) { return x | join(y) | sluice::cache(); }, a, b)
                         .kept.at(0)) == expected);
        const auto counted = runStreams(
            options, [](const auto& x, const auto& y) { return x | join(y) | sluice::count(); }, a,
            b);
        CHECK(
            counted.batches == Batches<std::int64_t>{{static_cast<std::int64_t>(expected.size())}});
        const auto product =
            sluice::mapValues([](const auto& sides) { return sides.first * sides.second; });
        auto sums = runStreams(
            options,
            [&](const auto& x, const auto& y) {
                return x | join(y) | product | sluice::reduceByKey(std::plus{});
            },
            a, b);
        long sum = 0;
        for (const auto& [key, value] : sums.batches.at(0)) {
            sum += value;
        }
        long wanted = 0;
        for (const auto& [key, l, r] : expected) {
            wanted += *l * *r;
        }
        CHECK(sum == wanted);
    }
}

TEST_CASE("keys and values of kept batches outlive the batches they came from", "[dstream][join]")
{
    const auto views = sluice::map([](const Named& record) {
        return std::pair<std::string_view, std::string_view>{record.first, record.second};
    });
    Batches<Named> in;
    for (int i = 0; i < 20; ++i) {
        const auto c = static_cast<char>('a' + i);
        in.push_back({{std::string(30, c), std::string(40, c)}, {std::string(30, c), "short"}});
    }
    for (const std::size_t n : {1U, 2U}) {
        const auto out = runStreams(
            {.partitions = n, .parallelism = n},
            [&](const auto& a, const auto& b) { return a | views | join(b | views); }, in, in);
        REQUIRE(out.kept.size() == 20);
        for (int i = 0; i < 20; ++i) {
            const auto c = static_cast<char>('a' + i);
            std::size_t long2 = 0;
            for (const auto& [key, sides] : out.kept[static_cast<std::size_t>(i)]) {
                CHECK(key == std::string(30, c));
                for (const auto text : {sides.first, sides.second}) {
                    CHECK((text == "short" || text == std::string(40, c)));
                }
                long2 += sides.first.size() + sides.second.size() == 80 ? 1U : 0U;
            }
            CHECK(out.kept[static_cast<std::size_t>(i)].size() == 4);
            CHECK(long2 == 1);
        }
    }
}

TEST_CASE("joins name their stages, and make pairs in the loop of the reader", "[dstream][join]")
{
    TestEngine engine{{.defaultPartitions = 3}};
    const auto a = sluice::queueStream(engine.runtime(), sluice::BatchQueue<Pair>{});
    const auto joined = a | leftOuterJoin(a | sluice::filter([](const Pair&) { return true; }));
    const auto plan = joined.explain();
    CAPTURE(plan);
    CHECK(plan.find("filter | group") != std::string::npos);
    CHECK(plan.find("open: leftOuterJoin | ...") != std::string::npos);
    CHECK(joined.parent()->info().partitions == 3);
}

TEST_CASE("joins refuse streams of another context, and 0 partitions", "[dstream][join][errors]")
{
    TestEngine one{{}};
    TestEngine other{{}};
    const auto a = sluice::queueStream(one.runtime(), sluice::BatchQueue<Pair>{});
    const auto b = sluice::queueStream(other.runtime(), sluice::BatchQueue<Pair>{});
    CHECK_THROWS_AS(a | join(b), sluice::InvalidArgument);
    CHECK_THROWS_WITH(a | fullOuterJoin(b),
        "sluice: fullOuterJoin(other): a stream of another context was given; all must belong to "
        "one");
    CHECK_THROWS_WITH(rightOuterJoin(b, 0),
        "sluice: rightOuterJoin(other, partitions): 0 partitions given, must be 1 to 1048576");
}

TEST_CASE("a function that throws on one side of a join ends the run and says where",
    "[dstream][join][errors]")
{
    const auto fussy = sluice::filter(
        [](const Pair& pair) { return pair.second == 13 ? throw std::domain_error{"13"} : true; });
    const auto out = runStreams(
        {.partitions = 2}, [&](const auto& a, const auto& b) { return a | join(b | fussy); },
        Batches<Pair>{{{"a", 1}}, {{"a", 13}}}, Batches<Pair>{{{"a", 1}}, {{"a", 1}, {"a", 13}}});
    CHECK(out.batches.size() == 1);
    REQUIRE(out.failure);
    CHECK(out.failure->operatorName == "filter");
    CHECK(out.failure->batchIndex == 1);
}

TEST_CASE("tasks that are tried again join no record twice", "[dstream][join][errors]")
{
    for (const std::size_t n : {1U, 2U, 3U}) {
        CAPTURE(n);
        const auto tries = std::make_shared<int>(6);
        const auto shaky = sluice::filter([tries](const auto&) {
            if (*tries > 0 && --*tries % 2 == 0) { throw std::runtime_error{"not yet"}; }
            return true;
        });
        const Batches<Pair> a{randomPairs(1, 80, 10)};
        const auto out = runStreams(
            {.partitions = n, .parallelism = n, .maxTaskFailures = 4},
            [&](const auto& x, const auto& y) { return x | shaky | join(y) | shaky; }, a, a);
        CHECK_FALSE(out.failure);
        CHECK(rowsOf(out.kept.at(0)) == bruteForce(a[0], a[0], false, false));
    }
}

TEST_CASE("a join is right on real threads", "[dstream][join][parallel]")
{
    constexpr std::size_t batches = 10;
    sluice::StreamingContext context{{.batchInterval = 5ms, .parallelism = 2}};
    sluice::BatchQueue<Pair> lefts;
    sluice::BatchQueue<Pair> rights;
    std::vector<std::vector<Row>> expected;
    for (std::uint64_t i = 0; i < batches; ++i) {
        const auto a = randomPairs(i, 1'000, 700);
        const auto b = randomPairs(i + 50, 1'000, 700);
        expected.push_back(bruteForce(a, b, true, true));
        lefts.pushPartitions(sluice::testing::detail::cutInto(a, 16));
        rights.pushPartitions(sluice::testing::detail::cutInto(b, 5));
    }
    std::vector<std::vector<Row>> seen;
    (context.queueStream(lefts) | fullOuterJoin(context.queueStream(rights))) |
        sluice::foreachBatch([&](const auto& batch) {
            if (seen.size() < batches) { seen.push_back(rowsOf(batch)); }
            if (seen.size() == batches) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    CHECK(seen == expected);
}
