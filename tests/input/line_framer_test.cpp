#include <sluice/input/detail/line_framer.hpp>

#include <sluice/algebra/text.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using sluice::detail::LineFramer, sluice::detail::TextBlock;
using Lines = std::vector<std::string>;

namespace {
/// What the framer must agree with: one byte at a time, the whole stream at once.
class Oracle {
public:
    explicit Oracle(std::size_t maxLineBytes) : maxLineBytes_{maxLineBytes} {}

    void feed(std::string_view bytes)
    {
        for (char c : bytes) {
            if (std::exchange(afterReturn_, c == '\r') && c == '\n') { continue; }
            if (c == '\n' || c == '\r') {
                finishLine();
            } else {
                line_ += c;
            }
        }
    }

    void endOfStream()
    {
        if (!line_.empty()) { finishLine(); }
        afterReturn_ = false;
    }

    void reset()
    {
        if (line_.size() > maxLineBytes_) { ++refused_; }
        line_.clear();
        afterReturn_ = false;
    }

    const Lines& lines() const { return lines_; }

    /// A line counts as soon as it is too long.
    std::size_t refused() const { return refused_ + (line_.size() > maxLineBytes_ ? 1 : 0); }

private:
    void finishLine()
    {
        if (line_.size() > maxLineBytes_) {
            ++refused_;
        } else {
            lines_.push_back(line_);
        }
        line_.clear();
    }

    std::size_t maxLineBytes_;
    Lines lines_;
    std::size_t refused_ = 0;
    std::string line_;
    bool afterReturn_ = false;
};

/// The records of one block by itself.
Lines linesOf(const TextBlock& block)
{
    Lines records;
    sluice::lines(block.text).forEach([&records](std::string_view line) {
        records.emplace_back(line);
    });
    CHECK(records.size() == block.records);
    CHECK((block.text.ends_with('\n') || block.text.ends_with('\r')));
    return records;
}

void collect(LineFramer& framer, Lines& into)
{
    auto block = framer.cut();
    if (!block) { return; }
    std::ranges::move(linesOf(*block), std::back_inserter(into));
}

/// One read of at most what fits; returns what is left of `bytes`.
std::string_view readSome(LineFramer& framer, std::string_view bytes)
{
    auto room = framer.writable();
    REQUIRE(!room.empty());
    const auto size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    framer.commit(size);
    return bytes.substr(size);
}

/// Reads all of `bytes`, each of `readBytes` at most, and cuts when full.
void feed(LineFramer& framer, std::string_view bytes, Lines& into, std::size_t readBytes = 1000)
{
    while (!bytes.empty()) {
        auto now = bytes.substr(0, readBytes);
        bytes.remove_prefix(now.size());
        while (!now.empty()) {
            if (framer.full()) { collect(framer, into); }
            now = readSome(framer, now);
        }
    }
}

Lines frame(std::string_view bytes, std::size_t maxLineBytes, std::size_t readBytes)
{
    LineFramer framer{maxLineBytes};
    Lines lines;
    feed(framer, bytes, lines, readBytes);
    collect(framer, lines);
    return lines;
}
} // namespace

TEST_CASE("lines end at LF, CR or CR LF, wherever the reads fall", "[input][line_framer]")
{
    for (std::size_t readBytes = 1; readBytes <= 12; ++readBytes) {
        CAPTURE(readBytes);
        CHECK(frame("a\nb\rc\r\nd\n", 10, readBytes) == Lines{"a", "b", "c", "d"});
        CHECK(frame("\n\r\r\n\n", 10, readBytes) == Lines{"", "", "", ""});
        CHECK(frame("half", 10, readBytes).empty());
    }
}

TEST_CASE("a block holds complete lines only, as they were received", "[input][line_framer]")
{
    LineFramer framer{100};
    CHECK_FALSE(framer.cut());
    readSome(framer, "one\r\ntwo\nthr");
    CHECK(framer.pendingRecords() == 2);
    CHECK(framer.pendingBytes() == 9);
    auto first = framer.cut();
    REQUIRE(first);
    CHECK(first->text == "one\r\ntwo\n");
    CHECK(first->records == 2);
    CHECK_FALSE(framer.cut());
    readSome(framer, "ee\n");
    CHECK(framer.cut().value().text == "three\n");
    CHECK(first->text == "one\r\ntwo\n");
}

TEST_CASE("the bytes of a complete line stay where they were read", "[input][line_framer]")
{
    LineFramer framer{100};
    const char* room = framer.writable().data();
    readSome(framer, "one\ntw");
    auto first = framer.cut();
    readSome(framer, "o\n");
    auto second = framer.cut();
    CHECK(first.value().text.data() == room);
    CHECK(second.value().text.data() == room + 4);
    CHECK(first->owner == second->owner);
}

TEST_CASE("the LF of a CR LF may arrive after its line was cut", "[input][line_framer]")
{
    LineFramer framer{100};
    readSome(framer, "one\r");
    CHECK(framer.cut().value().text == "one\r");
    readSome(framer, "\n");
    CHECK_FALSE(framer.cut());
    readSome(framer, "\n");
    CHECK(framer.cut().value().text == "\n");
}

TEST_CASE("a line may be longer than a block", "[input][line_framer]")
{
    const std::string longLine(10'000, 'x');
    LineFramer framer{10'000, 64};
    Lines lines;
    feed(framer, "a\n" + longLine + "\nb\n", lines);
    collect(framer, lines);
    CHECK(lines == Lines{"a", longLine, "b"});
    CHECK(framer.refused() == 0);
}

TEST_CASE("a line that is too long is counted and left out", "[input][line_framer][errors]")
{
    for (std::size_t readBytes : {1U, 2U, 3U, 5U, 100U}) {
        CAPTURE(readBytes);
        LineFramer framer{4, 32};
        Lines lines;
        feed(framer, "a\r12345\r\n\n1234\n123456789\n\nb\r\n12345", lines, readBytes);
        CHECK(framer.refused() == 3);
        feed(framer, "67\nc\n", lines, readBytes);
        collect(framer, lines);
        CHECK(lines == Lines{"a", "", "1234", "", "b", "c"});
        CHECK(framer.refused() == 3);
    }
}

TEST_CASE("a stream without line ends takes no more than a line and a read",
    "[input][line_framer][errors]")
{
    LineFramer framer{10'000, 4'096};
    std::size_t room = 0;
    for (int i = 0; i < 10'000; ++i) {
        auto free = framer.writable();
        std::memset(free.data(), 'x', free.size());
        room = std::max(room, free.size());
        framer.commit(free.size());
    }
    CHECK(room < 10'000 + 4'096);
    CHECK(framer.refused() == 1);
    CHECK_FALSE(framer.full());
    CHECK_FALSE(framer.cut());
    readSome(framer, "\nnext\n");
    CHECK(framer.cut().value().text == "next\n");
}

TEST_CASE("a clean end of stream finishes the last line", "[input][line_framer]")
{
    LineFramer framer{100};
    readSome(framer, "one\ntwo");
    framer.endOfStream();
    CHECK(framer.pendingRecords() == 2);
    readSome(framer, "three\r");
    framer.endOfStream();
    readSome(framer, "\nfour\n"); // of another stream: not the rest of CR LF
    auto block = framer.cut();
    REQUIRE(block);
    CHECK(linesOf(*block) == Lines{"one", "two", "three", "", "four"});
}

TEST_CASE(
    "the end of stream finds room for the last line's end in a full buffer", "[input][line_framer]")
{
    LineFramer framer{1'000, 64};
    auto room = framer.writable();
    std::memset(room.data(), 'x', room.size());
    framer.commit(room.size());
    framer.endOfStream();
    CHECK(framer.full());
    CHECK(framer.cut().value().text == std::string(room.size(), 'x') + '\n');
    readSome(framer, "a\n");
    CHECK(framer.cut().value().text == "a\n");
}

TEST_CASE("a broken connection drops the half line and keeps the rest", "[input][line_framer]")
{
    LineFramer framer{5};
    readSome(framer, "one\ntwo");
    CHECK(framer.reset() == 3);
    readSome(framer, "three\nmuch too long");
    CHECK(framer.reset() == 0);
    readSome(framer, "four\n");
    CHECK(framer.cut().value().text == "one\nthree\nfour\n");
    CHECK(framer.refused() == 1);
}

TEST_CASE("line ends are counted alike in text of any length", "[input][line_framer]")
{
    std::mt19937 random{7};
    for (std::size_t size = 0; size < 1'000; ++size) {
        CAPTURE(size);
        std::string text(size, ' ');
        for (char& c : text) {
            c = "ab\n\r"[random() % 4];
        }
        Oracle oracle{size};
        oracle.feed(text);
        CHECK(sluice::detail::countLineEnds(text) == oracle.lines().size());
    }
    CHECK(sluice::detail::countLineEnds(std::string(100'000, '\n')) == 100'000);
}

TEST_CASE("random streams, reads, cuts and limits give the lines of the whole stream",
    "[input][line_framer]")
{
    for (unsigned seed = 0; seed < 3'000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
        const std::size_t maxLineBytes = below(below(2) == 0 ? 4 : 40);
        LineFramer framer{maxLineBytes, below(below(2) == 0 ? 8 : 200)};
        Oracle oracle{maxLineBytes};
        Lines lines;
        const std::string_view alphabet = below(2) == 0 ? "\n\rx" : "\n\rabcdefghijkl";
        for (int step = 0; step < 60; ++step) {
            std::string bytes(below(below(2) == 0 ? 4 : 60), ' ');
            for (char& c : bytes) {
                c = alphabet[below(alphabet.size())];
            }
            feed(framer, bytes, lines, 1 + below(30));
            oracle.feed(bytes);
            switch (below(8)) {
            case 0:
                framer.endOfStream();
                oracle.endOfStream();
                break;
            case 1:
                framer.reset();
                oracle.reset();
                break;
            case 2:
                collect(framer, lines);
                break;
            default:
                break;
            }
            REQUIRE(framer.refused() == oracle.refused());
            REQUIRE(lines.size() + framer.pendingRecords() == oracle.lines().size());
        }
        collect(framer, lines);
        REQUIRE(lines == oracle.lines());
    }
}

TEST_CASE("a steady stream uses its buffers again", "[input][line_framer]")
{
    LineFramer framer{100, 1'024};
    const std::string line = std::string(99, 'x') + '\n';
    std::set<const void*> owners;
    for (int i = 0; i < 10'000; ++i) {
        for (std::string_view rest = line; !rest.empty();) {
            if (framer.full()) { owners.insert(framer.cut().value().owner.get()); }
            rest = readSome(framer, rest);
        }
    }
    CHECK(owners.size() <= 3);
}

TEST_CASE("blocks may be read and released on another thread, and after the framer",
    "[input][line_framer][parallel]")
{
    auto framer = std::make_unique<LineFramer>(100, 1'024);
    std::size_t seen = 0;
    for (int round = 0; round < 200; ++round) {
        std::vector<TextBlock> blocks;
        auto readLines = [&](int lines) {
            for (int i = 0; i < lines; ++i) {
                for (std::string_view rest = "some line\n"; !rest.empty();) {
                    if (framer->full()) { blocks.push_back(framer->cut().value()); }
                    rest = readSome(*framer, rest);
                }
            }
            blocks.push_back(framer->cut().value());
        };
        readLines(300);
        // The framer goes on in the buffer whose front the other thread reads.
        std::thread reader{[mine = std::exchange(blocks, {}), &seen] {
            for (const auto& block : mine) {
                seen += static_cast<std::size_t>(std::ranges::count(block.text, '\n'));
            }
        }};
        readLines(300);
        reader.join();
        if (round == 199) { framer.reset(); }
        for (const auto& block : blocks) {
            seen += static_cast<std::size_t>(std::ranges::count(block.text, '\n'));
        }
    }
    CHECK(seen == 120'000);
}
