#include "spark/test_operation.hpp"

#include <sluice/sluice.hpp>

#include <sluice/dstream/shuffle/cogroup.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include "support/catch.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The cases of Spark Streaming's BasicOperationsSuite about streams of pairs, with its data.

using sluice::Batch, sluice::DStream, sluice::map, sluice::mapValues, sluice::Values;
using sluice::test::Order, sluice::test::TestOperation;
using sluice::testing::Batches;

namespace {
using Counted = std::pair<std::string, int>;
using Marked = std::pair<std::string, std::string>;
template <class T>
using Of = std::pair<std::string, T>; // under a key
using std::nullopt;

const Batches<std::string> words{{"a", "a", "b"}, {"", ""}, {}};
// Of the joins and transformWith.
const Batches<std::string> left{{"a", "b"}, {"a", ""}, {""}, {}};
const Batches<std::string> right{{"a", "b"}, {"b", ""}, {}, {""}};

const auto withOne = map([](const std::string& word) { return Counted{word, 1}; });
const auto withX = map([](const std::string& word) { return Marked{word, "x"}; });
const TestOperation test{Order::any};

template <class Join>
auto joined(Join join)
{
    return [join](const DStream<std::string>& a, const DStream<std::string>& b) {
        return a | withOne | join(b | withX);
    };
}

template <class T>
std::vector<T> vectorOf(Values<T> values)
{
    return {values.begin(), values.end()};
}
} // namespace

TEST_CASE("groupByKey", "[spark][basic_operations]")
{
    test(words, withOne | sluice::groupByKey() | mapValues(vectorOf<int>),
        Batches<Of<std::vector<int>>>{{{"a", {1, 1}}, {"b", {1}}}, {{"", {1, 1}}}, {}});
}

TEST_CASE("reduceByKey", "[spark][basic_operations]")
{
    test(words, withOne | sluice::reduceByKey(std::plus{}),
        Batches<Counted>{{{"a", 2}, {"b", 1}}, {{"", 2}}, {}});
}

TEST_CASE("mapValues", "[spark][basic_operations]")
{
    test(words,
        withOne | sluice::reduceByKey(std::plus{}) | mapValues([](int x) { return x + 10; }),
        Batches<Counted>{{{"a", 12}, {"b", 11}}, {{"", 12}}, {}});
}

TEST_CASE("flatMapValues", "[spark][basic_operations]")
{
    test(words, withOne | sluice::reduceByKey(std::plus{}) | sluice::flatMapValues([](int x) {
        return std::vector{x, x + 10};
    }),
        Batches<Counted>{{{"a", 2}, {"a", 12}, {"b", 1}, {"b", 11}}, {{"", 2}, {"", 12}}, {}});
}

TEST_CASE("transformWith", "[spark][basic_operations]")
{
    using Both = std::pair<int, std::string>;
    const auto join = [](const Batch<Counted>& a, const Batch<Marked>& b) {
        std::vector<Of<Both>> pairs;
        for (const auto& [key, count] : a) {
            for (const auto& [other, mark] : b) {
                if (key == other) { pairs.push_back({key, {count, mark}}); }
            }
        }
        return pairs;
    };
    const auto operation = [&](const DStream<std::string>& a, const DStream<std::string>& b) {
        return a | withOne | sluice::transformWith(b | withX, join);
    };
    test(left, right, operation,
        Batches<Of<Both>>{{{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}}, {}, {}});
}

TEST_CASE("cogroup", "[spark][basic_operations]")
{
    using Both = std::pair<std::vector<int>, std::vector<std::string>>;
    const auto operation = [](const DStream<std::string>& a, const DStream<std::string>& b) {
        return a | withOne | sluice::cogroup(b | withX) | mapValues([](const auto& sides) {
            return Both{vectorOf(sides.first), vectorOf(sides.second)};
        });
    };
    test(Batches<std::string>{{"a", "a", "b"}, {"a", ""}, {""}, {}},
        Batches<std::string>{{"a", "a", "b"}, {"b", ""}, {}, {}}, operation,
        Batches<Of<Both>>{{{"a", {{1, 1}, {"x", "x"}}}, {"b", {{1}, {"x"}}}},
            {{"a", {{1}, {}}}, {"b", {{}, {"x"}}}, {"", {{1}, {"x"}}}}, {{"", {{1}, {}}}}, {}});
}

TEST_CASE("join", "[spark][basic_operations]")
{
    test(left, right, joined([](const auto& other) { return sluice::join(other); }),
        Batches<Of<std::pair<int, std::string>>>{
            {{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}}, {}, {}});
}

TEST_CASE("leftOuterJoin", "[spark][basic_operations]")
{
    test(left, right, joined([](const auto& other) { return sluice::leftOuterJoin(other); }),
        Batches<Of<std::pair<int, std::optional<std::string>>>>{{{"a", {1, "x"}}, {"b", {1, "x"}}},
            {{"", {1, "x"}}, {"a", {1, nullopt}}}, {{"", {1, nullopt}}}, {}});
}

TEST_CASE("rightOuterJoin", "[spark][basic_operations]")
{
    test(left, right, joined([](const auto& other) { return sluice::rightOuterJoin(other); }),
        Batches<Of<std::pair<std::optional<int>, std::string>>>{{{"a", {1, "x"}}, {"b", {1, "x"}}},
            {{"", {1, "x"}}, {"b", {nullopt, "x"}}}, {}, {{"", {nullopt, "x"}}}});
}

TEST_CASE("fullOuterJoin", "[spark][basic_operations]")
{
    test(left, right, joined([](const auto& other) { return sluice::fullOuterJoin(other); }),
        Batches<Of<std::pair<std::optional<int>, std::optional<std::string>>>>{
            {{"a", {1, "x"}}, {"b", {1, "x"}}},
            {{"", {1, "x"}}, {"a", {1, nullopt}}, {"b", {nullopt, "x"}}}, {{"", {1, nullopt}}},
            {{"", {nullopt, "x"}}}});
}
