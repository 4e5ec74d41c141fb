#include <sluice/storage/block.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <boost/crc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::readBlock, sluice::readBlockPartition, sluice::writeBlock;
using Counts = std::vector<std::pair<std::string, std::int64_t>>;
using Views = std::vector<std::pair<std::string_view, std::int64_t>>;

namespace {
const Counts sample{{"to", 2}, {"be", 1}, {"", -1}};

void refuse(std::string_view bytes)
{
    try {
        (void)readBlock<Counts::value_type>(bytes);
        FAIL("was read");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::badInput);
    }
}

/// `bytes` with a header that says `records`, and the right checksum.
std::string lying(std::string bytes, std::uint32_t records)
{
    sluice::detail::sealBlock(
        bytes, 0, {.format = sluice::detail::formatOf<Counts::value_type>(), .records = records});
    return bytes;
}
} // namespace

TEST_CASE("a block gives back the records that it was written from", "[storage][block]")
{
    // [example]
    const std::vector<std::pair<std::string, std::int64_t>> counts{{"to", 2}, {"be", 1}};
    const std::string bytes = sluice::writeBlock(counts);
    CHECK(sluice::readBlock<std::pair<std::string, std::int64_t>>(bytes) == counts);
    // [example]
    CHECK(readBlock<int>(writeBlock(std::vector<int>{})).empty());
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int i = 0; i < 100; ++i) {
        Counts records(random.below(50));
        for (auto& [word, count] : records) {
            word = random.text();
            count = random.number();
        }
        CHECK(readBlock<Counts::value_type>(writeBlock(records)) == records);
    }
}

TEST_CASE("a block is written in the same bytes on every machine, and so can be read later",
    "[storage][block]")
{
    const std::string bytes = writeBlock(std::vector<std::uint16_t>{1, 2});
    const std::string head = bytes.substr(0, 28);
    CHECK(head == std::string{"slB\x1A\1\0\1\0"
                              "\x03\xAF\xEA\x66\x37\x94\x2F\xBA"
                              "\0\0\0\0\2\0\0\0\4\0\0\0",
                      28});
    CHECK(bytes.substr(32) == std::string{"\1\0\2\0", 4});
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc; // CRC-32C
    crc.process_bytes(head.data(), head.size());
    crc.process_bytes(bytes.data() + 32, 4);
    sluice::Reader in{std::string_view{bytes}.substr(28)};
    CHECK(in.number<std::uint32_t>() == crc.checksum());
}

TEST_CASE("records of views keep the bytes of their block", "[storage][block]")
{
    auto partition = readBlockPartition<Views::value_type>(writeBlock(sample));
    const auto copy = partition;
    partition = {};
    CHECK(Views(copy.begin(), copy.end()) == Views{{"to", 2}, {"be", 1}, {"", -1}});
    const auto owned = readBlockPartition<Counts::value_type>(writeBlock(sample));
    CHECK(Counts(owned.begin(), owned.end()) == sample);
}

TEST_CASE("a block with any one bit flipped is refused", "[storage][block][errors]")
{
    const std::string good = writeBlock(sample);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        CAPTURE(bit);
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        refuse(bad);
    }
}

TEST_CASE("a block without its last bytes is refused", "[storage][block][errors]")
{
    const std::string good = writeBlock(sample);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        refuse(std::string_view{good}.substr(0, size));
    }
    refuse(good + '\0');
    refuse(good + good);
}

TEST_CASE("a block that lies about its records is refused although its checksum is right",
    "[storage][block][errors]")
{
    const std::string good = writeBlock(sample);
    for (const std::uint32_t records : {0U, 1U, 2U, 4U, 1000U, 0xFFFFFFFFU}) {
        CAPTURE(records);
        refuse(lying(good, records));
    }
    CHECK(readBlock<Counts::value_type>(lying(good, 3)) == sample);
    refuse(lying(good + "more", 3));
}

TEST_CASE(
    "no more memory is taken for records than their bytes account for", "[storage][block][errors]")
{
    using Large = std::optional<std::array<char, 1000>>;
    const std::string bytes(10'000, '\7'); // neither a value nor none
    std::vector<Large> records;
    CHECK_THROWS_AS(sluice::detail::readRecords(bytes, 10'000, records), sluice::Error);
    CHECK(records.capacity() * sizeof(Large) < 2 * bytes.size());
    sluice::detail::readRecords(std::string(10'000, '\0'), 10'000, records);
    CHECK(records.size() == 10'000);
}

TEST_CASE("records of many blocks are moved but a few times", "[storage][block]")
{
    const std::string block(400, '\0');
    std::vector<std::int32_t> records;
    int moved = 0;
    for (int i = 0; i < 1'000; ++i) {
        const auto before = records.capacity();
        sluice::detail::readRecords(block, 100, records);
        if (records.capacity() != before) { ++moved; }
    }
    CHECK(records.size() == 100'000);
    CHECK(moved < 15);
}

TEST_CASE("a block of another type is refused", "[storage][block][errors]")
{
    using Catch::Matchers::Contains;
    CHECK_THROWS_WITH(readBlock<int>(writeBlock(std::vector{1U})), Contains("another type"));
    CHECK_THROWS_WITH(readBlock<int>(std::string(100, 'x')), Contains("no block of records"));
    std::string next = writeBlock(std::vector{1});
    next[4] = 2;
    CHECK_THROWS_WITH(
        readBlock<int>(next), "sluice: the block is of version 2, this library reads version 1");
}
