#include <sluice/dstream/sort_by_key.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/dstream/transform.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::sortByKey, sluice::transform;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
using Pair = std::pair<int, int>;

struct Unordered {
    int value;
};
// What sortByKey takes and what it refuses, settled while compiling.
template <class T>
constexpr bool sorts = Accepts<decltype(transform(sortByKey())), T>;
static_assert(sorts<Pair>);
static_assert(sorts<std::pair<std::string_view, std::string>>);
static_assert(!sorts<int>);
static_assert(!sorts<std::pair<Unordered, int>>);
static_assert(!sorts<std::pair<int, std::unique_ptr<int>>>);
static_assert(
    Accepts<decltype(transform(sortByKey({}, &Unordered::value))), std::pair<Unordered, int>>);
} // namespace

TEST_CASE("sortByKey puts the records of a batch in the order of their keys",
    "[dstream][transform][sortByKey]")
{
    // [example]
    const Batches<std::pair<std::string, int>> in{{{"b", 1}, {"c", 2}, {"a", 3}, {"b", 4}}};
    CHECK(runBatches(in, transform(sortByKey())).batches.at(0) ==
          std::vector<std::pair<std::string, int>>{{"a", 3}, {"b", 1}, {"b", 4}, {"c", 2}});
    // [example]
    CHECK(runBatches(in, transform(sortByKey(std::ranges::greater{}))).batches.at(0) ==
          std::vector<std::pair<std::string, int>>{{"c", 2}, {"b", 1}, {"b", 4}, {"a", 3}});
}

TEST_CASE("sortByKey sorts any batch into partitions that no key straddles",
    "[dstream][transform][sortByKey]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t from : {0U, 1U, 2U, 3U, 8U}) {
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            for (const int most : {1, 10, 1000}) {
                CAPTURE(from, n, most);
                std::vector<Pair> records;
                for (int i = 0; from > 0 && i < 200; ++i) {
                    records.emplace_back(random.number(0, most), i);
                }
                const auto out = runBatches(Batches<Pair>{records, {}},
                    transform(sortByKey(sluice::NaturalOrder{}, std::identity{}, n)),
                    {.partitions = from});
                REQUIRE_FALSE(out.failure);
                std::ranges::sort(records); // the second halves say in which order they came
                CHECK(out.batches.at(0) == records);
                const auto& partitions = out.kept.at(0).partitions();
                CHECK(partitions.size() == n);
                CHECK(out.kept.at(1).partitions().size() == n);
                for (std::size_t p = 1; p < n; ++p) {
                    if (partitions[p - 1].empty() || partitions[p].empty()) { continue; }
                    CHECK(partitions[p - 1].records().back().first <
                          partitions[p].records().front().first);
                }
                if (most == 1000 && from > 0) {
                    for (const auto& partition : partitions) {
                        CHECK(partition.size() >= 200 / n - 5);
                    }
                }
            }
        }
    }
}

TEST_CASE("sortByKey gives as many partitions as it got", "[dstream][transform][sortByKey]")
{
    const Batches<Pair> in{{{3, 0}, {1, 0}, {2, 0}}};
    CHECK(
        runBatches(in, transform(sortByKey()), {.partitions = 3}).kept[0].partitions().size() == 3);
}

TEST_CASE("NaN is behind all numbers and zeros of either sign are one key",
    "[dstream][transform][sortByKey]")
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Batches<std::pair<double, int>> in{{{nan, 1}, {0.0, 2}, {-1.0, 3}, {-0.0, 4}, {nan, 5}}};
    std::vector<int> order;
    const auto out = runBatches(in, transform(sortByKey()));
    for (const auto& [key, value] : out.batches.at(0)) {
        order.push_back(value);
    }
    CHECK(order == std::vector{3, 2, 4, 1, 5});
}

TEST_CASE(
    "keys are in order although some of them have NaN inside", "[dstream][transform][sortByKey]")
{
    using Key = std::pair<double, std::optional<float>>;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::pair<Key, int>> records;
    for (int i = 0; i < 60; ++i) {
        Key key{i % 4 == 0 ? nan : double((i * 7) % 10), std::nullopt};
        if (i % 5 != 0) { key.second = i % 3 == 0 ? static_cast<float>(nan) : float(i % 2); }
        records.emplace_back(key, i);
    }
    const auto out =
        runBatches(Batches<std::pair<Key, int>>{records}, transform(sortByKey({}, {}, 4)));
    std::ranges::stable_sort(records, [](const auto& a, const auto& b) {
        const auto rank = [](double x) { return std::isnan(x) ? 100.0 : x; };
        const auto ranks = [&rank](const Key& key) {
            return std::pair{
                rank(key.first), key.second ? rank(static_cast<double>(*key.second)) : -1};
        };
        return ranks(a.first) < ranks(b.first);
    });
    const auto number = [](const auto& record) { return record.second; };
    CHECK(std::ranges::equal(out.batches.at(0), records, {}, number, number));
    CHECK(out.kept.at(0).partitions().size() == 4);
}

TEST_CASE("views stay good through sortByKey", "[dstream][transform][sortByKey][dangling]")
{
    const Batches<std::string> in{{"b" + std::string(40, 'x'), "a", "c"}};
    const auto twice = sluice::map([](const std::string& text) {
        return std::pair<std::string_view, std::string_view>{text, text};
    });
    const auto kept = runBatches(in, twice | transform(sortByKey())).kept;
    std::string keys;
    for (const auto& [key, value] : kept.at(0)) {
        CHECK(key == value);
        keys += key.front();
    }
    CHECK(keys == "abc");
}

TEST_CASE("sortByKey into 0 partitions is refused where it is written",
    "[dstream][transform][sortByKey][errors]")
{
    CHECK_THROWS_WITH(sortByKey(sluice::NaturalOrder{}, std::identity{}, 0),
        "sluice: sortByKey(compare, projection, partitions): 0 partitions given, must be 1 to "
        "1048576");
}
