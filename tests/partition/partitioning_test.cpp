#include <sluice/partition/partitioning.hpp>

#include <sluice/partition/partitioner.hpp>
#include <sluice/partition/range_partitioner.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using sluice::HashPartitioner, sluice::Partitioning, sluice::RangePartitioner;

namespace {
struct EvenOdd {
    static std::size_t partitions() { return 2; }
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key % 2); }
    friend bool operator==(EvenOdd, EvenOdd) = default;
};
static_assert(sluice::PartitionerOf<EvenOdd, int>);
static_assert(!sluice::PartitionerOf<EvenOdd, std::string>);
static_assert(!sluice::Partitioner<int>);
struct Unhashed {
    bool operator==(const Unhashed&) const = default;
};
static_assert(!sluice::PartitionerOf<HashPartitioner, Unhashed>);
} // namespace

TEST_CASE("partitionings are alike where partitioners are of one kind and equal",
    "[partition][partitioning]")
{
    const auto eight = Partitioning::by(HashPartitioner{8});
    CHECK(eight.partitions() == 8);
    CHECK(eight.isLike(eight));
    CHECK(eight.isLike(Partitioning::by(HashPartitioner{8})));
    CHECK_FALSE(eight.isLike(Partitioning::by(HashPartitioner{2})));
    CHECK_FALSE(Partitioning::by(HashPartitioner{2}).isLike(Partitioning::by(EvenOdd{})));
    CHECK(Partitioning::by(EvenOdd{}).isLike(Partitioning::by(EvenOdd{})));
    const auto ranges = Partitioning::by(RangePartitioner<int>{{1, 2}});
    CHECK(ranges.isLike(Partitioning::by(RangePartitioner<int>{{1, 2}})));
    CHECK_FALSE(ranges.isLike(Partitioning::by(RangePartitioner<int>{{1, 3}})));
}

TEST_CASE("what is not known is like nothing", "[partition][partitioning]")
{
    const Partitioning unknown;
    CHECK_FALSE(unknown);
    CHECK(unknown.partitions() == 0);
    CHECK_FALSE(unknown.isLike(unknown));
    CHECK_FALSE(unknown.isLike(Partitioning::by(HashPartitioner{1})));
    CHECK_FALSE(Partitioning::by(HashPartitioner{1}).isLike(unknown));
}

TEST_CASE("a hash partitioner puts equal keys into one partition", "[partition][partitioning]")
{
    const HashPartitioner of{5};
    CHECK(of(std::string{"word"}) == of(std::string_view{"word"}));
    CHECK(of(0.0) == of(-0.0));
    for (int key = 0; key < 100; ++key) {
        CHECK(of(key) == of.ofHash(sluice::hashOf(key)));
        CHECK(of(key) < 5);
    }
}
