#include <sluice/storage/partition.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

using sluice::makePartition, sluice::Partition;

static_assert(std::ranges::contiguous_range<const Partition<int>>);
static_assert(std::ranges::sized_range<const Partition<int>>);

TEST_CASE("a partition is a range of its records", "[storage][partition]")
{
    const auto partition = makePartition(std::vector{3, 1, 2});
    CHECK(partition.size() == 3);
    CHECK_FALSE(partition.empty());
    CHECK(std::ranges::equal(partition, std::array{3, 1, 2}));
    CHECK(std::ranges::max(partition) == 3);
}

TEST_CASE("a partition of nothing is empty and owns nothing", "[storage][partition]")
{
    const Partition<std::string> none;
    CHECK(none.empty());
    CHECK(none.size() == 0);
    CHECK(none.weight() == 0);
    CHECK(none.owner() == nullptr);
    CHECK(std::ranges::empty(none));
}

TEST_CASE("copies of a partition share its records", "[storage][partition]")
{
    const auto first = makePartition(std::vector<std::string>{"a", "b"});
    const auto second = first; // NOLINT(performance-unnecessary-copy-initialization): the subject
    CHECK(first.records().data() == second.records().data());
}

TEST_CASE("the memory under a partition lives as long as its last copy", "[storage][partition]")
{
    auto owner = std::make_shared<std::vector<std::string>>(3, std::string(100, 'x'));
    const std::weak_ptr<std::vector<std::string>> watched = owner;
    std::span<const std::string> records{*owner};
    auto kept = std::make_unique<Partition<std::string>>(std::move(owner), records);
    auto copy = *kept;
    kept.reset();
    CHECK_FALSE(watched.expired());
    CHECK(copy.records()[2] == std::string(100, 'x'));
    copy = {};
    CHECK(watched.expired());
}

TEST_CASE("a partition weighs its records unless its source says otherwise", "[storage][partition]")
{
    const std::vector<int> records(10);
    CHECK(Partition<int>{nullptr, records}.weight() == 10);
    CHECK(Partition<int>{nullptr, records, 4096}.weight() == 4096);
    CHECK(Partition<int>{nullptr, records, 4096}.size() == 10);
}

TEST_CASE("a partition can hold records that can only be moved", "[storage][partition]")
{
    std::vector<std::unique_ptr<int>> records;
    records.push_back(std::make_unique<int>(7));
    const auto partition = makePartition(std::move(records));
    CHECK(*partition.records().front() == 7);
}
