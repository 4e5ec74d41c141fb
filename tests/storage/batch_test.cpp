#include <sluice/storage/batch.hpp>

#include "support/catch.hpp"

#include <range/v3/algorithm/equal.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

using sluice::Batch, sluice::BatchMetadata, sluice::makePartition, sluice::Partition;

static_assert(std::ranges::forward_range<const Batch<int>>);
static_assert(std::ranges::common_range<const Batch<int>>);
static_assert(ranges::forward_range<const Batch<std::string>>);
static_assert(std::forward_iterator<Batch<std::string>::Iterator>);

namespace {
Batch<int> batchOf(const std::vector<std::vector<int>>& parts)
{
    std::vector<Partition<int>> partitions;
    for (const auto& records : parts) {
        partitions.push_back(makePartition(records));
    }
    return {std::move(partitions), std::make_shared<const BatchMetadata>()};
}

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto square = [](int x) { return x * x; };
} // namespace

TEST_CASE("a batch is the range of the records of its partitions in order", "[storage][batch]")
{
    CHECK(std::ranges::equal(batchOf({{1, 2}, {3}, {4, 5}}), std::array{1, 2, 3, 4, 5}));
}

TEST_CASE("empty partitions anywhere do not show among the records", "[storage][batch]")
{
    for (const auto& parts : std::vector<std::vector<std::vector<int>>>{
             {{}, {1, 2}}, {{1, 2}, {}}, {{1}, {}, {}, {2}}, {{}, {1}, {}, {2}, {}}}) {
        const auto batch = batchOf(parts);
        CHECK(std::ranges::equal(batch, std::array{1, 2}));
        CHECK(batch.size() == 2);
        CHECK(batch.partitions().size() == parts.size());
    }
}

TEST_CASE("a batch without records is empty, with partitions or without", "[storage][batch]")
{
    for (const auto& batch : {Batch<int>{}, batchOf({}), batchOf({{}}), batchOf({{}, {}, {}})}) {
        CHECK(batch.empty());
        CHECK(batch.size() == 0);
        CHECK(batch.begin() == batch.end());
    }
}

TEST_CASE("a batch however cut has the records of the whole", "[storage][batch]")
{
    for (const auto seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        std::vector<int> all;
        std::vector<std::vector<int>> parts(1 + random() % 9);
        for (auto& part : parts) {
            for (auto left = random() % 5; left > 0; --left) {
                all.push_back(static_cast<int>(random() % 100));
                part.push_back(all.back());
            }
        }
        const auto batch = batchOf(parts);
        CHECK(std::ranges::equal(batch, all));
        CHECK(batch.size() == all.size());
        CHECK(std::ranges::distance(batch) == std::ranges::ssize(all));
    }
}

TEST_CASE("a batch can be walked more than once and from anywhere", "[storage][batch]")
{
    const auto batch = batchOf({{1, 2}, {}, {3}});
    auto second = std::ranges::next(batch.begin());
    auto before = second++;
    CHECK(*before == 2);
    CHECK(*second == 3);
    CHECK(++second == batch.end());
    CHECK(std::ranges::max_element(batch) == std::ranges::next(batch.begin(), 2));
}

TEST_CASE("standard views and range-v3 views work on a batch", "[storage][batch]")
{
    const auto batch = batchOf({{1, 2}, {}, {3, 4, 5}});
    CHECK(std::ranges::equal(
        batch | std::views::filter(isOdd) | std::views::transform(square), std::array{1, 9, 25}));
    CHECK(ranges::equal(batch | ranges::views::filter(isOdd) | ranges::views::transform(square),
        std::array{1, 9, 25}));
    const auto pairs =
        batch | ranges::views::chunk(2) | ranges::to<std::vector<std::vector<int>>>();
    CHECK(pairs == std::vector<std::vector<int>>{{1, 2}, {3, 4}, {5}});
}

TEST_CASE("a copy of a batch keeps records and metadata when the batch is gone", "[storage][batch]")
{
    BatchMetadata metadata;
    metadata.time = sluice::Time{std::chrono::seconds{5}};
    metadata.index = 4;
    metadata.inputRecords = 2;
    metadata.offsets = {{"log", 3, 10, 12}};
    std::vector<Partition<std::string>> partitions{
        makePartition(std::vector<std::string>{std::string(50, 'a'), std::string(50, 'b')})};
    Batch<std::string> kept;
    {
        const Batch<std::string> batch{
            std::move(partitions), std::make_shared<const BatchMetadata>(metadata)};
        kept = batch;
    }
    CHECK(std::ranges::equal(kept, std::array{std::string(50, 'a'), std::string(50, 'b')}));
    CHECK(kept.time() == metadata.time);
    CHECK(kept.metadata().index == 4);
    CHECK(kept.metadata().inputRecords == 2);
    CHECK(kept.metadata().offsets == metadata.offsets);
    CHECK_FALSE(kept.metadata().watermark);
}
