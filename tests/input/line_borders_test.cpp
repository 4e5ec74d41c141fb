#include <sluice/input/detail/line_borders.hpp>

#include <sluice/algebra/text.hpp>
#include <sluice/input/text_file_stream.hpp>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using sluice::detail::ChosenFile, sluice::detail::FileSlice, sluice::detail::LineBorders;
using sluice::detail::OpenSlice, sluice::detail::TextReader;
using sluice::test::TempFolder, sluice::test::at;

namespace {
using Lines = std::vector<std::string>;

Lines linesOf(std::string_view text)
{
    Lines found;
    for (const auto line : sluice::lines(text)) {
        found.emplace_back(line);
    }
    return found;
}

/// What belongs to [from, until) of `text`, which comes in pieces of `pieceBytes`.
std::string kept(std::string text, std::size_t from, std::size_t until, std::size_t pieceBytes,
    std::size_t maxLineBytes = 1000)
{
    LineBorders borders{from, until, maxLineBytes};
    std::string all;
    const std::span<char> bytes{text};
    for (auto at = static_cast<std::size_t>(borders.start()); at < text.size() && !borders.passed();
         at += pieceBytes) {
        const auto piece = bytes.subspan(at, std::min(pieceBytes, text.size() - at));
        const auto mine = borders.keep(piece);
        all.append(mine.begin(), mine.end());
    }
    return all;
}

std::string randomText(std::mt19937_64& random, std::size_t size)
{
    std::string text;
    while (text.size() < size) {
        text += "ab\n\r"[random() % 4];
    }
    return text;
}
} // namespace

TEST_CASE("a line belongs to the slice that its first byte lies in", "[input][text_file_stream]")
{
    const std::string text = "ab\ncd\r\nef";
    CHECK(kept(text, 0, 1, 100) == "ab\n");
    CHECK(kept(text, 0, 3, 100) == "ab\n");
    CHECK(kept(text, 0, 4, 100) == "ab\ncd\r\n");
    CHECK(kept(text, 1, 3, 100).empty());
    CHECK(kept(text, 3, 6, 100) == "cd\r\n");
    CHECK(kept(text, 6, 7, 100).empty()); // between CR and LF
    CHECK(kept(text, 7, 9, 100) == "ef");
    CHECK(kept(text, 8, 9, 100).empty());
}

TEST_CASE("slices of any size hold the bytes of a text once, whatever the pieces",
    "[input][text_file_stream]")
{
    std::mt19937_64 random{17};
    for (int round = 0; round < 300; ++round) {
        const auto text = randomText(random, random() % 24);
        CAPTURE(round, text);
        for (std::size_t slice = 1; slice <= text.size() + 1; ++slice) {
            for (std::size_t piece = 1; piece <= text.size() + 1; ++piece) {
                std::string all;
                Lines lines;
                for (std::size_t from = 0; from < text.size(); from += slice) {
                    const auto until = std::min(from + slice, text.size());
                    const auto mine = kept(text, from, until, piece);
                    all += mine;
                    for (auto& line : linesOf(mine)) {
                        lines.push_back(std::move(line));
                    }
                }
                if (all != text || lines != linesOf(text)) { FAIL(slice << ' ' << piece); }
            }
        }
    }
}

TEST_CASE("an endless line is not followed beyond what may be a line", "[input][text_file_stream]")
{
    const std::string text(10'000, 'x');
    CHECK(kept(text, 0, 10, 16, 100).size() < 150);
    CHECK(kept(text, 5000, 6000, 16, 100).empty());
}

TEST_CASE("a file that is cut anywhere has the same lines, and refuses the same ones",
    "[input][text_file_stream]")
{
    const TempFolder folder;
    std::mt19937_64 random{4};
    constexpr std::size_t maxLineBytes = 3;
    TextReader reader{maxLineBytes};
    for (int round = 0; round < 100; ++round) {
        const auto text = randomText(random, random() % 30);
        CAPTURE(round, text);
        folder.write("text", text, at(std::chrono::seconds{1}));
        const ChosenFile file{folder / "text", text.size()};
        Lines expected;
        std::uint64_t tooLong = 0;
        for (auto& line : linesOf(text)) {
            if (line.size() > maxLineBytes) {
                ++tooLong;
            } else {
                expected.push_back(std::move(line));
            }
        }
        for (std::size_t size = 1; size <= text.size(); ++size) {
            CAPTURE(size);
            Lines lines;
            std::uint64_t counted = 0;
            std::uint64_t refused = 0;
            for (std::size_t from = 0; from < text.size(); from += size) {
                FileSlice slice;
                slice.file = &file;
                slice.from = from;
                slice.until = std::min(from + size, text.size());
                OpenSlice open{slice};
                auto keep = [&](std::string_view block) {
                    for (auto& line : linesOf(block)) {
                        lines.push_back(std::move(line));
                    }
                };
                reader.read(open, keep);
                open.finish();
                counted += slice.outcome.records;
                refused += slice.outcome.refused;
            }
            CHECK(lines == expected);
            CHECK(counted == expected.size());
            CHECK(refused == tooLong);
        }
    }
}
