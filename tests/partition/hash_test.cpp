#include <sluice/partition/hash.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/partition/partitioner.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using sluice::HashableKey, sluice::hashOf, sluice::HashPartitioner;

namespace {
struct NoHash {
    bool operator==(const NoHash&) const = default;
};
enum class Colour { red, green };

static_assert(HashableKey<int> && HashableKey<Colour> && HashableKey<double> && HashableKey<bool>);
static_assert(HashableKey<std::string> && HashableKey<std::string_view>);
static_assert(HashableKey<std::pair<std::string, std::optional<std::array<int, 2>>>>);
static_assert(HashableKey<std::tuple<>> && HashableKey<std::unique_ptr<int>>);
static_assert(!HashableKey<NoHash> && !HashableKey<std::pair<int, NoHash>>);
static_assert(!HashableKey<std::vector<int>> && !HashableKey<std::optional<NoHash>>);

/// How full the fullest of 4096 intervals of hashes is, against the mean.
template <class Keys>
double fullest(const Keys& keys)
{
    std::vector<std::size_t> counts(4096);
    for (const auto& key : keys) {
        ++counts[hashOf(key) >> 52];
    }
    auto most = static_cast<double>(*std::ranges::max_element(counts));
    return most * static_cast<double>(counts.size()) / static_cast<double>(keys.size());
}
} // namespace

TEST_CASE("hashes are the same in every run, on every machine", "[partition][hash]")
{
    CHECK(hashOf("") == 0x51F4578C36495571);
    CHECK(hashOf("a") == 0x1AC5902AB67AAE47);
    CHECK(hashOf("word") == 0xD2DB8293CBA2D697);
    CHECK(hashOf("sixteen bytes...") == 0xF648550397F35EDF);
    CHECK(hashOf("a text that is longer than thirty-two bytes") == 0x6ADA6E3A4F4CBD8B);
    CHECK(hashOf(0) == 0xBABB9DF9BC5661EB);
    CHECK(hashOf(42) == 0x8930E829C38E221C);
    CHECK(hashOf(-1) == 0xC23A1DFDB10669EB);
    CHECK(hashOf('a') == 0x15BB25B419D83235);
    CHECK(hashOf(true) == 0xD88CCAC747048E48);
    CHECK(hashOf(1.5) == 0xCCAA2855C9B67216);
    CHECK(hashOf(std::pair{1, std::string{"a"}}) == 0xC2E20B7482CDFF2C);
    CHECK(hashOf(std::array{1, 2, 3}) == 0xF10690AE7A1CA072);
    CHECK(hashOf(std::optional<int>{}) == 0x6A09E667F3BCC909);
}

TEST_CASE("equal keys have equal hashes", "[partition][hash]")
{
    CHECK(hashOf(std::string{"key"}) == hashOf(std::string_view{"key"}));
    CHECK(hashOf("key") == hashOf(std::string_view{"key"}));
    CHECK(hashOf(-0.0) == hashOf(0.0));
    CHECK(hashOf(1.5F) == hashOf(1.5));
    CHECK(hashOf(-1) == hashOf(-1L));
    CHECK(hashOf(std::pair{1, std::string{"a"}}) == hashOf(std::tuple{1, std::string_view{"a"}}));
}

TEST_CASE("order and absence count in a hash", "[partition][hash]")
{
    CHECK(hashOf(std::pair{1, 2}) != hashOf(std::pair{2, 1}));
    CHECK(hashOf(std::optional<int>{}) != hashOf(std::optional<int>{0}));
    CHECK(hashOf(std::string(3, '\0')) != hashOf(std::string(4, '\0')));
    CHECK(hashOf(std::string(31, '\0')) != hashOf(std::string(32, '\0')));
}

TEST_CASE("a text has one hash wherever it lies and however it is read", "[partition][hash]")
{
    std::mt19937 random{7};
    constexpr std::size_t twoPages = 8192;
    // Two pages, so that texts lie at the end of one and across both.
    auto memory = std::make_unique<char[]>(twoPages);
    for (std::size_t round = 0; round < 20'000; ++round) {
        std::size_t size = random() % 40;
        std::string text(size, ' ');
        for (char& c : text) {
            c = static_cast<char>(random() & 0xFF);
        }
        std::size_t at = round % 2 == 0 ? twoPages - size : random() % (twoPages - size);
        std::ranges::copy(text, memory.get() + at);
        std::string_view there{memory.get() + at, size};
        REQUIRE(hashOf(there) == hashOf(text));
        if (size <= sluice::detail::ShortText::longest) {
            REQUIRE(sluice::detail::packShort(there) == sluice::detail::packWithinText(text));
        }
    }
}

TEST_CASE("products by halves are those of the machine", "[partition][hash]")
{
    std::mt19937_64 random{11};
    constexpr std::array<std::uint64_t, 4> edges{0, 1, 0xFFFFFFFF, ~std::uint64_t{0}};
    auto same = [](std::uint64_t a, std::uint64_t b) {
        auto x = sluice::detail::multiply(a, b);
        auto y = sluice::detail::multiplyPortably(a, b);
        return x.low == y.low && x.high == y.high;
    };
    for (auto a : edges) {
        for (auto b : edges) {
            CHECK(same(a, b));
        }
    }
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE(same(random(), random()));
    }
}

TEST_CASE("the upper bits of hashes spread keys that are alike", "[partition][hash]")
{
    // With 65,536 keys the fullest of 4,096 intervals holds about twice the mean when all is
    // chance.
    constexpr std::size_t n = 65'536;
    std::vector<std::string> decimal, padded, tail, url;
    std::vector<std::uint64_t> counting, high, even;
    std::vector<double> halves;
    std::vector<std::pair<int, int>> grid;
    for (std::size_t i = 0; i < n; ++i) {
        decimal.push_back(std::to_string(i));
        padded.push_back(std::string(10 - decimal.back().size(), '0') + decimal.back());
        tail.push_back("https://example" + decimal.back());
        url.push_back("https://example.org/" + padded.back() + "/index.html");
        counting.push_back(i);
        high.push_back(i << 48);
        even.push_back(i * 4096);
        halves.push_back(static_cast<double>(i) / 2);
        grid.emplace_back(static_cast<int>(i / 256), static_cast<int>(i % 256));
    }
    CHECK(fullest(decimal) < 3);
    CHECK(fullest(padded) < 3);
    CHECK(fullest(tail) < 3);
    CHECK(fullest(url) < 3);
    CHECK(fullest(counting) < 3);
    CHECK(fullest(high) < 3);
    CHECK(fullest(even) < 3);
    CHECK(fullest(halves) < 3);
    CHECK(fullest(grid) < 3);
}

TEST_CASE("a partitioner covers all partitions in the order of hashes", "[partition][hash]")
{
    constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t partitions : {1UL, 2UL, 3UL, 7UL, 8UL, 1000UL, 4294967295UL}) {
        HashPartitioner partitionOf{partitions};
        CHECK(partitionOf.partitions() == partitions);
        CHECK(partitionOf.ofHash(0) == 0);
        CHECK(partitionOf.ofHash(top) == partitions - 1);
        CHECK(partitionOf.firstHash(0) == 0);
        CHECK(partitionOf.lastHash(partitions - 1) == top);
        for (std::size_t p : {std::size_t{0}, partitions / 2, partitions - 1}) {
            CHECK(partitionOf.ofHash(partitionOf.firstHash(p)) == p);
            CHECK(partitionOf.ofHash(partitionOf.lastHash(p)) == p);
            if (p > 0) { CHECK(partitionOf.ofHash(partitionOf.firstHash(p) - 1) == p - 1); }
            if (p + 1 < partitions) {
                CHECK(partitionOf.ofHash(partitionOf.lastHash(p) + 1) == p + 1);
            }
        }
    }
}

TEST_CASE("no partitions at all are refused", "[partition][hash][errors]")
{
    CHECK_THROWS_AS(HashPartitioner{0}, sluice::InvalidArgument);
    CHECK_THROWS_AS(HashPartitioner{std::size_t{1} << 32}, sluice::InvalidArgument);
}
