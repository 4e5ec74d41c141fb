#include "spark/test_operation.hpp"

#include <sluice/sluice.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

// The cases of Spark Streaming's BasicOperationsSuite about operators of any stream, with its data.

using sluice::Batch, sluice::DStream, sluice::map;
using sluice::test::Order, sluice::test::TestOperation, sluice::test::to;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
const Batches<int> oneToTwelve{to(1, 4), to(5, 8), to(9, 12)};
const Batches<int> hundreds{to(1, 4), to(101, 104), to(201, 204)};

auto plus(int n)
{
    return map([n](int x) { return x + n; });
}

template <class T>
std::string textOf(const T& x)
{
    return std::to_string(x);
}

/// The records of both, one after the other.
std::vector<int> concatenated(const Batch<int>& a, const Batch<int>& b)
{
    std::vector<int> all(a.begin(), a.end());
    all.insert(all.end(), b.begin(), b.end());
    return all;
}

/// Checks that each of three batches of a hundred numbers has them all, in `n` partitions.
void checkRepartition(std::size_t from, std::size_t n)
{
    const Batches<int> in{to(1, 100), to(101, 200), to(201, 300)};
    const auto out = runBatches(in, sluice::repartition(n), {.partitions = from});
    REQUIRE(out.kept.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(out.kept[i].partitions().size() == n);
        CHECK(std::multiset<int>(out.batches[i].begin(), out.batches[i].end()) ==
              std::multiset<int>(in[i].begin(), in[i].end()));
    }
}
} // namespace

TEST_CASE("map", "[spark][basic_operations]")
{
    const Batches<std::string> expected{
        {"1", "2", "3", "4"}, {"5", "6", "7", "8"}, {"9", "10", "11", "12"}};
    TestOperation{}(oneToTwelve, map(textOf<int>), expected);
}

TEST_CASE("flatMap", "[spark][basic_operations]")
{
    const auto withDouble = sluice::flatMap([](int x) { return std::vector{x, x * 2}; });
    TestOperation{}(oneToTwelve, withDouble,
        Batches<int>{{1, 2, 2, 4, 3, 6, 4, 8}, {5, 10, 6, 12, 7, 14, 8, 16},
            {9, 18, 10, 20, 11, 22, 12, 24}});
}

TEST_CASE("filter", "[spark][basic_operations]")
{
    TestOperation{}(oneToTwelve, sluice::filter([](int x) { return x % 2 == 0; }),
        Batches<int>{{2, 4}, {6, 8}, {10, 12}});
}

TEST_CASE("glom", "[spark][basic_operations]")
{
    const auto out = runBatches(oneToTwelve, sluice::glom(), {.partitions = 2});
    CHECK(out.batches ==
          Batches<std::vector<int>>{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 10}, {11, 12}}});
}

TEST_CASE("mapPartitions", "[spark][basic_operations]")
{
    const auto sum = sluice::mapPartitions([](std::span<const int> records) {
        return std::vector{std::accumulate(records.begin(), records.end(), 0)};
    });
    const auto out = runBatches(oneToTwelve, sum, {.partitions = 2});
    CHECK(out.batches == Batches<int>{{3, 7}, {11, 15}, {19, 23}});
}

TEST_CASE("repartition (more partitions)", "[spark][basic_operations]")
{
    checkRepartition(2, 5);
}

TEST_CASE("repartition (fewer partitions)", "[spark][basic_operations]")
{
    checkRepartition(5, 2);
}

TEST_CASE("reduce", "[spark][basic_operations]")
{
    TestOperation{}(oneToTwelve, sluice::reduce(std::plus{}), Batches<int>{{10}, {26}, {42}});
}

TEST_CASE("count", "[spark][basic_operations]")
{
    TestOperation{}(Batches<int>{{}, to(1, 1), to(1, 2), to(1, 3), to(1, 4)}, sluice::count(),
        Batches<std::int64_t>{{0}, {1}, {2}, {3}, {4}});
}

TEST_CASE("countByValue", "[spark][basic_operations]")
{
    using Counted = std::pair<int, std::int64_t>;
    TestOperation{Order::any}(Batches<int>{to(1, 1), {1, 1, 1}, to(1, 2), {1, 1, 2, 2}},
        sluice::countByValue(),
        Batches<Counted>{{{1, 1}}, {{1, 3}}, {{1, 1}, {2, 1}}, {{2, 2}, {1, 2}}});
}

TEST_CASE("union", "[spark][basic_operations]")
{
    const auto withOthers = [](const DStream<int>& s) { return s | sluice::union_(s | plus(4)); };
    TestOperation{}(hundreds, withOthers, Batches<int>{to(1, 8), to(101, 108), to(201, 208)});
}

TEST_CASE("StreamingContext.union", "[spark][basic_operations]")
{
    const auto withOthers = [](const DStream<int>& s) {
        return s | sluice::union_(s | plus(4), s | plus(8));
    };
    TestOperation{}(hundreds, withOthers, Batches<int>{to(1, 12), to(101, 112), to(201, 212)});
}

TEST_CASE("transform", "[spark][basic_operations]")
{
    const auto texts = sluice::transform(
        [](const Batch<int>& batch) { return batch | std::views::transform(textOf<int>); });
    const Batches<std::string> expected{
        {"1", "2", "3", "4"}, {"5", "6", "7", "8"}, {"9", "10", "11", "12"}};
    TestOperation{}(oneToTwelve, texts, expected);
}

TEST_CASE("StreamingContext.transform", "[spark][basic_operations]")
{
    const auto all = [](const DStream<int>& s) {
        return s | sluice::transformWith(s | plus(4), concatenated) |
               sluice::transformWith(s | plus(8), concatenated);
    };
    TestOperation{}(hundreds, all, Batches<int>{to(1, 12), to(101, 112), to(201, 212)});
}

TEST_CASE("an input stream always has a batch, and never none, unlike in Spark",
    "[spark][basic_operations]")
{
    // Spark's "union", "transform" and "transformWith with input stream return None": there the
    // batch fails.
    const Batches<int> nothingAtSecond{to(1, 4), {}, to(5, 8)};
    const auto everything = [](const DStream<int>& a, const DStream<int>& b) {
        return a | sluice::union_(b) | sluice::transformWith(b, concatenated);
    };
    const auto out = runBatches(nothingAtSecond, Batches<int>{{9}}, everything);
    CHECK_FALSE(out.failure);
    CHECK(out.batches == Batches<int>{{1, 2, 3, 4, 9, 9}, {}, {5, 6, 7, 8}});
}
