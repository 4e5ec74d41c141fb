#include <sluice/algebra/text.hpp>
#include <sluice/input/detail/line_borders.hpp>
#include <sluice/input/detail/line_framer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using sluice::detail::LineBorders, sluice::detail::LineFramer;

namespace {
void require(bool holds)
{
    if (!holds) { std::abort(); }
}

struct Seen {
    std::vector<std::string> lines;
    std::size_t refused = 0;

    friend bool operator==(const Seen&, const Seen&) = default;
};

void cut(LineFramer& framer, Seen& into)
{
    const auto block = framer.cut();
    if (!block) { return; }
    const std::size_t before = into.lines.size();
    for (const auto line : sluice::lines(block->text)) {
        into.lines.emplace_back(line);
    }
    require(into.lines.size() - before == block->records);
}

/// Reads one slice of a text as textFileStream does, in pieces of at most `pieceBytes`.
void readSlice(std::string_view text, std::size_t from, std::size_t until, std::size_t pieceBytes,
    std::size_t maxLineBytes, LineFramer& framer, Seen& into)
{
    const std::size_t refusedBefore = framer.refused();
    LineBorders borders{from, until, maxLineBytes};
    auto at = static_cast<std::size_t>(borders.start());
    while (at < text.size() && !borders.passed()) {
        const auto room = framer.writable();
        const auto read = room.first(std::min({room.size(), pieceBytes, text.size() - at}));
        std::memcpy(read.data(), text.data() + at, read.size());
        at += read.size();
        const auto kept = borders.keep(read);
        if (kept.empty()) { continue; }
        std::memmove(room.data(), kept.data(), kept.size());
        framer.commit(kept.size());
        cut(framer, into);
    }
    framer.endOfStream();
    cut(framer, into);
    into.refused += framer.refused() - refusedBefore;
}
} // namespace

/// A text that is cut anywhere has the lines that it has as a whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size < 4) { return 0; }
    const std::size_t maxLineBytes = bytes[0];
    const std::size_t sliceBytes = 1 + bytes[1];
    const std::size_t pieceBytes = 1 + bytes[2];
    const std::size_t blockBytes = bytes[3];
    const std::string text(bytes + 4, bytes + size);
    Seen expected;
    for (const auto line : sluice::lines(text)) {
        if (line.size() > maxLineBytes) {
            ++expected.refused;
        } else {
            expected.lines.emplace_back(line);
        }
    }
    LineFramer framer{maxLineBytes, blockBytes}; // one for all, as a task has it
    Seen seen;
    for (std::size_t from = 0; from < text.size(); from += sliceBytes) {
        readSlice(text, from, std::min(from + sliceBytes, text.size()), pieceBytes, maxLineBytes,
            framer, seen);
    }
    require(seen == expected);
    return 0;
}
