#include <sluice/storage/object_file.hpp>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::readObjectFile;
using sluice::test::ScratchFolder;
using Counts = std::vector<std::pair<std::string, std::int64_t>>;

namespace {
/// A file of blocks as `saveAsObjectFiles` writes them.
std::string fileOf(const std::vector<Counts>& blocks)
{
    std::string file;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const std::size_t from = file.size();
        file += sluice::writeBlock(blocks[i]);
        sluice::detail::sealBlock(file, from,
            {.format = sluice::detail::formatOf<Counts::value_type>(),
                .sequence = static_cast<std::uint32_t>(i),
                .records = static_cast<std::uint32_t>(blocks[i].size()),
                .last = i + 1 == blocks.size()});
    }
    return file;
}

const std::vector<Counts> sample{{{"to", 2}, {"be", 1}}, {{"or", 1}}, {}};

Counts readCounts(const std::string& path)
{
    const auto partition = readObjectFile<Counts::value_type>(path);
    return {partition.begin(), partition.end()};
}

void refuse(const ScratchFolder& folder, std::string_view bytes)
{
    const std::string path = folder.write("part-00000", bytes);
    try {
        (void)readCounts(path);
        FAIL("was read");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::badInput);
        CHECK(std::string_view{error.what()}.ends_with(path));
    }
}
} // namespace

TEST_CASE("an object file gives the records of all its blocks", "[storage][objectFile]")
{
    const ScratchFolder folder;
    const Counts all{{"to", 2}, {"be", 1}, {"or", 1}};
    const auto path = folder.write("part-00000", fileOf(sample));
    CHECK(readCounts(path) == all);
    const auto views = readObjectFile<std::pair<std::string_view, std::int64_t>>(path);
    std::filesystem::remove(path);
    CHECK(Counts(views.begin(), views.end()) == all);
    CHECK(readCounts(folder.write("part-00001", fileOf({{}}))).empty());
}

TEST_CASE("an object file with any one bit flipped is refused", "[storage][objectFile][errors]")
{
    const ScratchFolder folder;
    const std::string good = fileOf(sample);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        CAPTURE(bit);
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        refuse(folder, bad);
    }
}

TEST_CASE("an object file that is cut off is refused, also between two blocks",
    "[storage][objectFile][errors]")
{
    const ScratchFolder folder;
    const std::string good = fileOf(sample);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        refuse(folder, std::string_view{good}.substr(0, size));
    }
    refuse(folder, good + good);
    refuse(folder, good + '\0');
}

TEST_CASE(
    "an object file whose blocks are out of order is refused", "[storage][objectFile][errors]")
{
    const ScratchFolder folder;
    const std::string good = fileOf({{{"a", 1}}, {{"b", 2}}, {{"c", 3}}});
    const std::size_t block = good.size() / 3;
    const auto at = [&](std::size_t i) { return good.substr(i * block, block); };
    CHECK(at(0) + at(1) + at(2) == good);
    refuse(folder, at(1) + at(0) + at(2));
    refuse(folder, at(0) + at(2));
    refuse(folder, at(0) + at(0) + at(1) + at(2));
}

TEST_CASE("an object file that claims more than it holds takes no memory for it",
    "[storage][objectFile][errors]")
{
    const ScratchFolder folder;
    std::string counts = fileOf({{{"a", 1}}});
    sluice::detail::sealBlock(counts, 0,
        {.format = sluice::detail::formatOf<Counts::value_type>(), .records = 0xFFFFFFFF});
    refuse(folder, counts);
    std::string bytes = fileOf({{{"a", 1}}});
    bytes.replace(24, 4, "\xFF\xFF\xFF\xFF"); // the length of the payload
    refuse(folder, bytes);
    refuse(folder, {});
}

TEST_CASE("what is no file is refused", "[storage][objectFile][errors]")
{
    const ScratchFolder folder;
    const auto missing = folder.path("missing");
    try {
        (void)readCounts(missing);
        FAIL("was read");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::fileSystem);
        CHECK(error.retriable());
        CHECK(error.what() == "sluice: readObjectFile(path): cannot open " + missing +
                                  ": No such file or directory");
    }
    CHECK_THROWS_WITH(readCounts(folder.path("")), Catch::Matchers::Contains("this is not a file"));
}
