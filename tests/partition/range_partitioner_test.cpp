#include <sluice/partition/range_partitioner.hpp>

#include <sluice/partition/partitioner.hpp>
#include <sluice/storage/batch.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::PartitionerOf, sluice::RangePartitioner;

namespace {
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

// Keys that a partitioner takes need not be of the type of its bounds.
static_assert(PartitionerOf<RangePartitioner<int>, int>);
static_assert(PartitionerOf<RangePartitioner<std::string>, std::string_view>);
static_assert(!PartitionerOf<RangePartitioner<std::string>, int>);
// Without `==` nobody can tell whether two partitioners are alike.
struct Turned {
    bool down;
    bool operator()(int a, int b) const { return down ? b < a : a < b; }
};
static_assert(!PartitionerOf<RangePartitioner<int, Turned>, int>);
} // namespace

TEST_CASE("a key lies in the partition of the first bound that is not before it",
    "[partition][range_partitioner]")
{
    const RangePartitioner<int> of{{10, 20}};
    CHECK(of.partitions() == 3);
    CHECK(of(-5) == 0);
    CHECK(of(10) == 0);
    CHECK(of(11) == 1);
    CHECK(of(20) == 1);
    CHECK(of(21) == 2);
    const RangePartitioner<std::string> words{{"m"}};
    CHECK(words(std::string_view{"apple"}) == 0);
    CHECK(words(std::string{"pear"}) == 1);
    const RangePartitioner<int, std::ranges::greater> down{{20, 10}};
    CHECK(down(30) == 0);
    CHECK(down(15) == 1);
    CHECK(down(5) == 2);
}

TEST_CASE("zeros of both signs are one key, and NaN is behind all bounds",
    "[partition][range_partitioner]")
{
    const RangePartitioner<double> of{{-1.0, 0.0, 1.0}};
    CHECK(of(0.0) == of(-0.0));
    CHECK(of(notANumber) == 3);
    const RangePartitioner<double, std::ranges::greater> down{{1.0, 0.0}};
    CHECK(down(notANumber) == 2);
    const auto sampled =
        RangePartitioner<double>::sampled(std::vector{notANumber, 1.0, notANumber, 2.0}, 2);
    CHECK(sampled.bounds() == std::vector{1.0});
}

TEST_CASE("keys with NaN inside have a place too", "[partition][range_partitioner]")
{
    using Key = std::pair<double, int>;
    std::vector<Key> keys;
    for (int i = 0; i < 40; ++i) {
        keys.emplace_back(i % 4 == 0 ? notANumber : double((i * 7) % 10), i % 3);
    }
    const auto of = RangePartitioner<Key>::sampled(keys, 4);
    for (const auto& [number, rest] : of.bounds()) {
        CHECK(number == number);
    }
    std::ranges::sort(keys, sluice::NaturalOrder{});
    CHECK(std::ranges::is_sorted(keys, {}, of));
    CHECK(of(Key{notANumber, 0}) == 3);
    CHECK(of(Key{notANumber, 1}) == 3);
    const RangePartitioner<std::pair<int, double>> halves{{{1, 0.0}, {2, 0.0}}};
    CHECK(halves(std::pair{1, notANumber}) == 1); // before (2, 0)
    const RangePartitioner<Key, std::ranges::greater> down{{Key{2, 0}, Key{1, 0}}};
    CHECK(down(Key{notANumber, 0}) == 2);
    CHECK(RangePartitioner<Key, std::ranges::greater>::sampled(keys, 3).bounds().size() == 2);
}

TEST_CASE("bounds that are not in order are refused", "[partition][range_partitioner][errors]")
{
    CHECK_THROWS_WITH((RangePartitioner<int>{{1, 1}}),
        "sluice: RangePartitioner: bound 1 given is not behind the one before, and must be");
    CHECK_THROWS_AS((RangePartitioner<int>{{2, 1}}), sluice::InvalidArgument);
    CHECK_THROWS_WITH(RangePartitioner<int>::sampled(std::vector{1}, 0),
        "sluice: RangePartitioner::sampled(sample, partitions): 0 partitions given, must be at "
        "least "
        "1");
}

TEST_CASE("partitioners are equal when their bounds are", "[partition][range_partitioner]")
{
    CHECK(RangePartitioner<int>{{1, 2}} == RangePartitioner<int>{{1, 2}});
    CHECK(RangePartitioner<int>{{1, 2}} != RangePartitioner<int>{{1, 3}});
    CHECK(RangePartitioner<int>{{1, 2}} != RangePartitioner<int>{{1}});
    // As many bounds, but not as many partitions.
    CHECK(RangePartitioner<int>::sampled(std::vector{1, 1, 1}, 3) != RangePartitioner<int>{{1}});
}

TEST_CASE("sampled bounds cut keys into about equal parts", "[partition][range_partitioner]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t count : {10U, 1000U, 100'000U}) {
        std::vector<int> keys(count);
        for (int& key : keys) {
            key = random.number(-1'000'000, 1'000'000);
        }
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            CAPTURE(count, n);
            const auto of = RangePartitioner<int>::sampled(keys, n);
            CHECK(of == RangePartitioner<int>::sampled(keys, n));
            REQUIRE(of.partitions() == n);
            std::vector<std::size_t> sizes(n);
            for (const int key : keys) {
                ++sizes.at(of(key));
            }
            CHECK(*std::ranges::max_element(sizes) <= count / n + count / n / 4 + 1);
        }
    }
}

TEST_CASE("a sample may be sorted, skewed, small, empty or seen only once",
    "[partition][range_partitioner]")
{
    const auto sorted = RangePartitioner<int>::sampled(std::views::iota(0, 100'000), 4);
    CHECK(sorted.bounds().size() == 3);
    CHECK(std::abs(sorted.bounds()[1] - 50'000) < 2'000);

    std::vector<int> skewed(1000, 7);
    skewed.push_back(8);
    const auto few = RangePartitioner<int>::sampled(skewed, 5);
    CHECK(few.partitions() == 5);
    CHECK(few(7) != few(8));
    CHECK(few(8) < 5);

    for (const auto& keys : {std::vector<int>{}, std::vector<int>{3}}) {
        const auto none = RangePartitioner<int>::sampled(keys, 3);
        CHECK(none.partitions() == 3);
        CHECK(none(1) == 0);
    }
    std::istringstream once{"4 1 3 2"};
    const auto read = RangePartitioner<int>::sampled(std::views::istream<int>(once), 2);
    CHECK(read.bounds() == std::vector{2});
}

TEST_CASE("a batch of records is a sample of their keys", "[partition][range_partitioner]")
{
    using Record = std::pair<std::string_view, int>;
    std::vector<sluice::Partition<Record>> partitions{
        sluice::makePartition(std::vector<Record>{{"d", 1}, {"a", 2}}),
        sluice::makePartition(std::vector<Record>{{"c", 3}, {"b", 4}})};
    const sluice::Batch<Record> batch{
        std::move(partitions), std::make_shared<const sluice::BatchMetadata>()};
    const auto of = RangePartitioner<std::string>::sampled(batch, 2);
    CHECK(of.bounds() == std::vector<std::string>{"b"});
}
