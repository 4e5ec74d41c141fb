#include <sluice/input/detail/line_framer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::detail::LineFramer;
using Lines = std::vector<std::string>;

namespace {
void require(bool holds)
{
    if (!holds) { std::abort(); }
}

/// A stream as a byte-by-byte reader sees it.
class Oracle {
public:
    explicit Oracle(std::size_t maxLineBytes) : maxLineBytes_{maxLineBytes} {}

    void feed(std::string_view bytes)
    {
        for (char c : bytes) {
            if (std::exchange(afterReturn_, c == '\r') && c == '\n') { continue; }
            if (c == '\n' || c == '\r') {
                endLine();
            } else {
                line_ += c;
            }
        }
    }

    void endStream(bool clean)
    {
        if (clean && !line_.empty()) { endLine(); }
        refused_ = refused();
        line_.clear();
        afterReturn_ = false;
    }

    const Lines& lines() const { return lines_; }
    std::size_t refused() const { return refused_ + (line_.size() > maxLineBytes_ ? 1 : 0); }

private:
    void endLine()
    {
        refused_ = refused();
        if (line_.size() <= maxLineBytes_) { lines_.push_back(line_); }
        line_.clear();
    }

    std::size_t maxLineBytes_;
    Lines lines_;
    std::size_t refused_ = 0;
    std::string line_;
    bool afterReturn_ = false;
};

void cut(LineFramer& framer, Lines& into)
{
    auto block = framer.cut();
    if (!block) { return; }
    require(!block->text.empty() && sluice::detail::isLineEnd(block->text.back()));
    Oracle alone{block->text.size()};
    alone.feed(block->text);
    require(alone.lines().size() == block->records);
    into.insert(into.end(), alone.lines().begin(), alone.lines().end());
}

/// Takes the input apart: a few bytes of instructions, then data, over and over.
class Script {
public:
    explicit Script(std::string_view bytes) : bytes_{bytes} {}

    bool empty() const { return bytes_.empty(); }

    std::size_t number()
    {
        if (bytes_.empty()) { return 0; }
        auto value = static_cast<unsigned char>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }

    std::string_view data(std::size_t size)
    {
        auto some = bytes_.substr(0, size);
        bytes_.remove_prefix(some.size());
        return some;
    }

private:
    std::string_view bytes_;
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string input(bytes, bytes + size);
    Script script{input};
    const std::size_t maxLineBytes = script.number();
    const std::size_t blockBytes = script.number() * (1 + script.number() % 4);
    LineFramer framer{maxLineBytes, blockBytes};
    Oracle oracle{maxLineBytes};
    Lines lines;

    while (!script.empty()) {
        const std::size_t action = script.number();
        auto data = script.data(action / 4);
        oracle.feed(data);
        while (!data.empty()) {
            if (framer.full()) { cut(framer, lines); }
            auto room = framer.writable();
            // One line and one read at most, or a block of the usual size.
            require(!room.empty() && room.size() <= std::max(blockBytes, maxLineBytes) + 64);
            const std::size_t read = std::min(room.size(), data.size());
            std::memcpy(room.data(), data.data(), read);
            framer.commit(read);
            data.remove_prefix(read);
        }
        switch (action % 4) {
        case 1:
            cut(framer, lines);
            break;
        case 2:
            framer.endOfStream();
            oracle.endStream(true);
            break;
        case 3:
            framer.reset();
            oracle.endStream(false);
            break;
        default:
            break;
        }
        require(framer.refused() == oracle.refused());
        require(lines.size() + framer.pendingRecords() == oracle.lines().size());
    }
    cut(framer, lines);
    require(lines == oracle.lines());
    return 0;
}
