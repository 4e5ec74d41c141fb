#include <sluice/dstream/join_table.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/keyed.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::joinTable, sluice::leftOuterJoinTable, sluice::map,
    sluice::Table, sluice::tap;
using sluice::test::randomPairs, sluice::test::Reading;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;

namespace {
using Pair = std::pair<std::string, long>;
using Names = Table<int, std::string>;
using Order = std::pair<int, long>;
using Named = std::pair<int, std::pair<long, std::string>>;

// What joinTable takes and what it refuses, settled while compiling.
using WithNames = decltype(joinTable(std::declval<Names>()));
static_assert(std::same_as<WithNames::Output<Order>, Named>);
static_assert(std::same_as<WithNames::Output<std::tuple<int, long>>, Named>);
static_assert(
    std::same_as<decltype(leftOuterJoinTable(std::declval<Names>()))::Output<Reading<int, long>>,
        std::pair<int, std::pair<long, std::optional<std::string>>>>);
static_assert(Accepts<WithNames, Order> && Accepts<WithNames, std::tuple<int, bool>>);
static_assert(!Accepts<WithNames, int> && !Accepts<WithNames, std::pair<long, int>>);
static_assert(!Accepts<WithNames, std::pair<int, std::unique_ptr<int>>>);
using ByText = decltype(joinTable(std::declval<Table<std::string, int>>()));
static_assert(Accepts<ByText, std::pair<std::string_view, int>> && Accepts<ByText, Pair>);

// The types of a table follow from what it is made of.
static_assert(std::same_as<decltype(Table{std::map<std::string, int>{}}), Table<std::string, int>>);
static_assert(
    std::same_as<decltype(Table{std::vector<std::tuple<int, bool>>{}}), Table<int, bool>>);
static_assert(std::same_as<decltype(Table{{std::pair{1, 'a'}}}), Table<int, char>>);

/// The oracle: every record with every row, as slowly as can be.
auto bruteForce(const std::vector<Pair>& records, const std::vector<Pair>& rows)
{
    std::vector<std::pair<std::string, std::pair<long, std::optional<long>>>> out;
    for (const auto& [key, value] : records) {
        const auto before = out.size();
        for (const auto& [other, row] : rows) {
            if (key == other) { out.push_back({key, {value, row}}); }
        }
        if (out.size() == before) { out.push_back({key, {value, std::nullopt}}); }
    }
    return out;
}

constexpr auto present = [](const auto& record) { return record.second.second.has_value(); };
constexpr auto certain = [](const auto& record) {
    return std::pair{record.first, std::pair{record.second.first, *record.second.second}};
};
} // namespace

TEST_CASE("joinTable puts the rows of a table beside the records", "[dstream][joinTable]")
{
    // [example]
    Table<int, std::string> users{{1, "ann"}, {2, "bob"}};
    const Batches<std::pair<int, long>> orders{{{2, 50}, {3, 10}, {1, 7}}};
    const auto named = runBatches(orders, joinTable(users));
    CHECK(named.batches == Batches<Named>{{{2, {50, "bob"}}, {1, {7, "ann"}}}});
    // [example]
    const auto all = runBatches(orders, leftOuterJoinTable(users));
    REQUIRE(all.batches[0].size() == 3);
    CHECK(
        all.batches[0][1].second == std::pair<long, std::optional<std::string>>{10, std::nullopt});
    CHECK(all.batches[0][2].second.second == "ann");
}

TEST_CASE("a key with several rows gives a record for each, in their order", "[dstream][joinTable]")
{
    const Table table{std::vector<Pair>{{"a", 1}, {"b", 2}, {"a", 3}}};
    const std::vector<Reading<std::string, int>> records{{"a", 7}, {"c", 8}};
    using Rows = std::vector<std::pair<std::string, std::pair<int, long>>>;
    CHECK(evaluate(joinTable(table), records) == Rows{{"a", {7, 1}}, {"a", {7, 3}}});
    const auto made = map([](const auto& record) { return record; });
    CHECK(evaluate(made | joinTable(table), records) == Rows{{"a", {7, 1}}, {"a", {7, 3}}});
    CHECK(table.size() == 2);
}

TEST_CASE("joinTable answers an empty batch with an empty one, and an empty table with none",
    "[dstream][joinTable]")
{
    const Batches<Order> in{{{1, 1}}, {}};
    CHECK(runBatches(in, joinTable(Names{})).batches == Batches<Named>{{}, {}});
    CHECK(
        runBatches(in, joinTable(Names{{1, "a"}})).batches == Batches<Named>{{{1, {1, "a"}}}, {}});
    CHECK(runBatches(in, leftOuterJoinTable(Names{})).batches[0].size() == 1);
}

TEST_CASE("joinTable agrees with the slow join at any parallelism, order and all",
    "[dstream][joinTable][parallel]")
{
    const auto records = randomPairs(1, 300, 60);
    const auto rows = randomPairs(2, 80, 40);
    const auto expected = bruteForce(records, rows);
    const Table table{rows};
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<Pair> in{records, {}, records};
        const auto out =
            runBatches(in, leftOuterJoinTable(table), {.partitions = n, .parallelism = n});
        REQUIRE(out.batches.size() == 3);
        CHECK(out.batches[0] == expected);
        CHECK(out.batches[2] == expected);
        CHECK(out.kept[0].partitions().size() == n);
        const auto inner = runBatches(in, joinTable(table), {.partitions = n, .parallelism = n});
        CHECK(inner.batches[0] == evaluate(sluice::filter(present) | map(certain), expected));
    }
}

TEST_CASE("joinTable stays inside the fused loop", "[dstream][joinTable]")
{
    TestEngine engine{{}};
    const auto joined = sluice::queueStream(engine.runtime(), sluice::BatchQueue<Order>{}) |
                        sluice::filter([](const Order&) { return true; }) | joinTable(Names{}) |
                        sluice::mapValues([](const auto& both) { return both.first; }) |
                        sluice::reduceByKey(std::plus{});
    CHECK_THAT(
        joined.explain(), Catch::Matchers::Contains("filter | joinTable | mapValues | combine"));
}

TEST_CASE("a batch sees one and the same table to its end, retries included",
    "[dstream][joinTable][errors]")
{
    Table<int, int> table{{1, 0}};
    int calls = 0;
    const auto change = tap([table, &calls](const auto&) mutable {
        table.set({{1, ++calls}});
        if (calls == 2) { throw std::domain_error{"once"}; }
    });
    const auto row = [](const auto& both) { return both.second; };
    const auto rows = change | joinTable(table) | sluice::mapValues(row);
    const Batches<std::pair<int, int>> in{{{1, 1}, {1, 2}, {1, 3}}, {{1, 4}}};
    const auto out = runBatches(in, rows, {.maxTaskFailures = 2});
    // The first batch was begun before any change, the second after five.
    CHECK(out.batches == Batches<std::pair<int, int>>{{{1, 0}, {1, 0}, {1, 0}}, {{1, 5}}});
}

TEST_CASE("a table that a batch uses twice is the same both times", "[dstream][joinTable]")
{
    Table<int, int> table{{1, 0}};
    int calls = 0;
    const auto row = [](const auto& both) { return both.second; };
    const auto first = joinTable(table) | sluice::mapValues(row);
    const auto change = tap([table, &calls](const auto&) mutable { table.set({{1, ++calls}}); });
    const auto both = [](const auto& each) { return each; };
    const auto pipeline =
        first | change | sluice::cache() | joinTable(table) | sluice::mapValues(both);
    const auto out = runBatches(Batches<std::pair<int, int>>{{{1, 9}}, {{1, 9}}}, pipeline);
    CHECK(out.batches[0].front().second == std::pair{0, 0});
    CHECK(out.batches[1].front().second == std::pair{1, 1});
}

TEST_CASE("a table may be replaced from any thread while batches use it",
    "[dstream][joinTable][parallel]")
{
    constexpr int keys = 50;
    const auto all = [](int row) {
        std::vector<std::pair<int, int>> rows;
        for (int key = 0; key < keys; ++key) {
            rows.emplace_back(key, row);
        }
        return rows;
    };
    Table table{all(0)};
    TestEngine engine{{}};
    sluice::BatchQueue<std::pair<int, int>> queue;
    std::vector<std::vector<int>> seen;
    sluice::queueStream(engine.runtime(), queue) | joinTable(table) |
        sluice::foreachBatch([&seen](const auto& batch) {
            auto& rows = seen.emplace_back();
            for (const auto& [key, both] : batch) {
                rows.push_back(both.second);
            }
        });
    engine.runtime().start();
    engine.executor().run();
    {
        std::jthread writer{[table, &all](const std::stop_token& stop) mutable {
            for (int row = 1; !stop.stop_requested(); ++row) {
                table.set(all(row));
            }
        }};
        for (int batch = 0; batch < 50; ++batch) {
            queue.push(all(0));
            engine.nextBatch();
        }
    }
    REQUIRE(seen.size() == 50);
    int last = 0;
    for (const auto& rows : seen) {
        REQUIRE(rows.size() == keys);
        CHECK(std::ranges::all_of(rows, [&](int row) { return row == rows.front(); }));
        CHECK(rows.front() >= last);
        last = rows.front();
    }
}

TEST_CASE("the table owns the text of its keys and rows as long as records see it",
    "[dstream][joinTable][dangling]")
{
    const std::string longText(60, 'x');
    Table<std::string_view, std::string_view> table;
    {
        const std::vector<std::pair<std::string, std::string>> rows{{longText + "k", longText}};
        table.set(rows);
    }
    const Batches<std::pair<std::string, int>> in{{{longText + "k", 1}}, {}};
    auto change = tap([table](const auto&) mutable { table.set({}); });
    const auto out = runBatches(in, change | joinTable(table));
    CHECK(out.kept[0].begin()->second.second == longText);
    CHECK(table.size() == 0);

    table.set({{longText, longText}});
    const auto rows = evaluate(joinTable(table), std::vector{std::pair{longText, 1}});
    table.set({});
    CHECK(rows.front().second.second == longText);
}

TEST_CASE("calls of operator new do not grow with the records of joinTable",
    "[dstream][joinTable][allocations]")
{
    const Table<int, int> table{{7, 1}};
    const auto allocationsOf = [&](std::size_t records) {
        TestEngine engine{{}};
        sluice::BatchQueue<std::pair<int, int>> queue;
        queue.push(std::vector<std::pair<int, int>>(records, {7, 1}));
        sluice::queueStream(engine.runtime(), queue) | joinTable(table) |
            sluice::filter([](const auto&) { return false; }) |
            sluice::foreachBatch([](const auto&) {});
        engine.runtime().start();
        engine.executor().run();
        return sluice::test::allocationsOf([&] { engine.nextBatch(); });
    };
    CHECK(allocationsOf(100'000) <= allocationsOf(1'000) + 16);
}
