#pragma once

#include <sluice/input/detail/buffer_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail {

/// A run of complete lines, every one with its end, and what keeps their bytes alive.
struct TextBlock {
    std::shared_ptr<const void> owner;
    std::string_view text;
    std::size_t lines = 0;
};

[[nodiscard]] constexpr bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}

/// How many `i` below `size` have `matches(i)`.
template <class Matches>
[[nodiscard]] std::size_t countMatches(std::size_t size, Matches matches)
{
    // A byte-wide count over a constant stride below 256 is what both compilers vectorise at -O2.
    constexpr std::size_t stride = 192;
    std::size_t total = 0;
    std::size_t at = 0;
    for (; size - at >= stride; at += stride) {
        std::uint8_t some = 0;
        for (std::size_t i = 0; i < stride; ++i) {
            some = static_cast<std::uint8_t>(some + (matches(at + i) ? 1 : 0));
        }
        total += some;
    }
    for (; at < size; ++at) {
        total += matches(at) ? 1U : 0U;
    }
    return total;
}

/// The line ends in `text`, CR LF being one.
[[nodiscard]] inline std::size_t countLineEnds(std::string_view text)
{
    const char* bytes = text.data();
    auto feeds = countMatches(text.size(), [bytes](std::size_t i) { return bytes[i] == '\n'; });
    auto returns = countMatches(text.size(), [bytes](std::size_t i) { return bytes[i] == '\r'; });
    if (returns == 0) { return feeds; }
    auto both = countMatches(text.size() - 1,
        [bytes](std::size_t i) { return (bytes[i] == '\r') & (bytes[i + 1] == '\n'); });
    return feeds + returns - both;
}

/// Turns reads into blocks of complete lines; the bytes of a line that is complete are not copied.
///
/// Lines end at LF, CR or CR LF, also across reads and blocks. A line with more than `maxLineBytes`
/// before its end is counted, dropped, and never buffered beyond that and one read. Successive
/// blocks share a buffer until it is full, so small blocks are cheap and move no unfinished line.
/// Not for use from two threads at once; the blocks may go anywhere.
class LineFramer {
public:
    explicit LineFramer(std::size_t maxLineBytes, std::size_t blockBytes = std::size_t{256} * 1024)
        : maxLineBytes_{std::min(maxLineBytes, SIZE_MAX / 4)},
          roomBytes_{std::clamp<std::size_t>(blockBytes / 16, 1, std::size_t{64} * 1024)},
          bufferBytes_{std::max(blockBytes, roomBytes_ + 1)},
          pool_{std::make_shared<BufferPool>(bufferBytes_)}
    {
    }

    LineFramer(const LineFramer&) = delete;
    LineFramer& operator=(const LineFramer&) = delete;

    /// Where the next read goes: never empty, a sixteenth of a block or more. While `full()` call
    /// `cut()` first, or the block grows instead of staying within its bound.
    [[nodiscard]] std::span<char> writable()
    {
        if (freeBytes() < roomBytes_) { moveToNewBuffer(); }
        return {buffer_.get() + end_, freeBytes()};
    }

    /// `bytes` more were read to where `writable()` said.
    void commit(std::size_t bytes)
    {
        if (bytes == 0) { return; }
        const std::size_t old = end_;
        end_ += bytes;
        const bool endsInReturn = buffer_.get()[end_ - 1] == '\r';
        if (afterReturn_ && buffer_.get()[old] == '\n') { swallowFeed(); }
        afterReturn_ = endsInReturn;
        if (dropping_ || feedWouldJoin() || holdsLongLine()) {
            keepShortLines();
        } else {
            acceptLines(std::max(old, lineStart_));
        }
    }

    /// Complete lines that no block has yet.
    [[nodiscard]] std::size_t pendingLines() const { return lines_; }

    [[nodiscard]] std::size_t pendingBytes() const { return lineStart_ - blockStart_; }

    /// The open block should be cut before the next read.
    [[nodiscard]] bool full() const { return lines_ != 0 && freeBytes() < roomBytes_; }

    /// Closes the open block, if it has a line; the unfinished last line stays for the next one.
    [[nodiscard]] std::optional<TextBlock> cut()
    {
        if (lines_ == 0) { return std::nullopt; }
        TextBlock block{buffer_, {buffer_.get() + blockStart_, pendingBytes()}, lines_};
        blockStart_ = lineStart_;
        lines_ = 0;
        return block;
    }

    /// Lines dropped because they were longer than `maxLineBytes`.
    [[nodiscard]] std::size_t refused() const { return refused_; }

    /// The sender closed in good order: an unfinished last line counts as finished. What is
    /// committed from now on is another stream.
    void endOfStream()
    {
        if (end_ != lineStart_) {
            buffer_.get()[end_] = '\n'; // writable() never gives away the last byte
            lineStart_ = ++end_;
            ++lines_;
        }
        reset();
    }

    /// The connection broke: an unfinished last line may be half of one and is dropped. Returns how
    /// many bytes that were; complete lines stay. What is committed from now on is another stream.
    std::size_t reset()
    {
        const std::size_t dropped = end_ - lineStart_;
        end_ = lineStart_;
        dropping_ = false;
        afterReturn_ = false;
        return dropped;
    }

private:
    [[nodiscard]] std::size_t freeBytes() const
    {
        // One byte stays for endOfStream(), which may have used it.
        return end_ + 1 < capacity_ ? capacity_ - 1 - end_ : 0;
    }

    void moveToNewBuffer()
    {
        const std::size_t used = end_ - blockStart_;
        std::size_t wanted = std::max(bufferBytes_, used + roomBytes_ + 1);
        if (used > bufferBytes_ / 2) {
            // Doubling, so that a growing line is copied O(1) times per byte.
            wanted = std::max(wanted, std::min(2 * used, maxLineBytes_ + roomBytes_ + 1));
        }
        auto next = pool_->take(wanted);
        if (used != 0) { std::memcpy(next.get(), buffer_.get() + blockStart_, used); }
        buffer_ = std::move(next);
        capacity_ = wanted;
        lineStart_ -= blockStart_;
        end_ = used;
        blockStart_ = 0;
    }

    /// The read began with the LF of a CR LF whose CR already ended a line.
    void swallowFeed()
    {
        --end_;
        char* line = buffer_.get() + lineStart_;
        std::memmove(line, line + 1, end_ - lineStart_);
    }

    [[nodiscard]] bool blockEndsInReturn() const
    {
        return lineStart_ != blockStart_ && buffer_.get()[lineStart_ - 1] == '\r';
    }

    /// An empty line ended by LF comes after a line of the block that ended in CR and was not its
    /// neighbour in one stream: put side by side the two ends would read as one.
    [[nodiscard]] bool feedWouldJoin() const
    {
        return end_ != lineStart_ && buffer_.get()[lineStart_] == '\n' && blockEndsInReturn();
    }

    [[nodiscard]] bool holdsLongLine() const
    {
        const char* last = buffer_.get() + end_;
        const char* line = buffer_.get() + lineStart_;
        // Wherever a line end lies within reach of a line's start, all lines up to it are short.
        while (static_cast<std::size_t>(last - line) > maxLineBytes_) {
            const char* lineEnd = line + maxLineBytes_;
            while (lineEnd != line && !isLineEnd(*lineEnd)) {
                --lineEnd;
            }
            if (!isLineEnd(*lineEnd)) { return true; }
            line = afterLineEnd(lineEnd, last);
        }
        return false;
    }

    [[nodiscard]] static const char* afterLineEnd(const char* lineEnd, const char* last)
    {
        const char* next = lineEnd + 1;
        return *lineEnd == '\r' && next != last && *next == '\n' ? next + 1 : next;
    }

    /// The bytes from `fresh` on are new, and no line is too long.
    void acceptLines(std::size_t fresh)
    {
        const char* bytes = buffer_.get();
        const std::size_t ends = countLineEnds({bytes + fresh, end_ - fresh});
        if (ends == 0) { return; }
        lines_ += ends;
        lineStart_ = end_;
        while (!isLineEnd(bytes[lineStart_ - 1])) {
            --lineStart_;
        }
    }

    /// Goes through what is not yet in the block line by line and closes the gaps of refused ones.
    void keepShortLines()
    {
        const char* last = buffer_.get() + end_;
        const char* line = buffer_.get() + lineStart_;
        for (;;) {
            const char* lineEnd = std::find_if(line, last, isLineEnd);
            if (!dropping_ && static_cast<std::size_t>(lineEnd - line) > maxLineBytes_) {
                ++refused_;
                dropping_ = true;
            }
            if (lineEnd == last) { break; }
            const char* next = afterLineEnd(lineEnd, last);
            if (!std::exchange(dropping_, false)) {
                const bool joins = *line == '\n' && blockEndsInReturn();
                lineStart_ = append(line, next);
                if (joins) { buffer_.get()[lineStart_ - 1] = '\r'; }
                ++lines_;
            }
            line = next;
        }
        end_ = dropping_ ? lineStart_ : append(line, last);
    }

    /// Moves a run down to the end of the block; returns where it then ends.
    [[nodiscard]] std::size_t append(const char* first, const char* last)
    {
        const auto size = static_cast<std::size_t>(last - first);
        std::memmove(buffer_.get() + lineStart_, first, size);
        return lineStart_ + size;
    }

    std::size_t maxLineBytes_;
    std::size_t roomBytes_;
    std::size_t bufferBytes_;
    std::shared_ptr<BufferPool> pool_;
    std::shared_ptr<char> buffer_;
    std::size_t capacity_ = 0;

    // In the buffer: blocks already cut, up to blockStart_; the open block, up to lineStart_; the
    // unfinished line, up to end_.
    std::size_t blockStart_ = 0;
    std::size_t lineStart_ = 0;
    std::size_t end_ = 0;

    std::size_t lines_ = 0;
    std::size_t refused_ = 0;
    bool afterReturn_ = false; // the last byte committed was a CR
    bool dropping_ = false;    // the unfinished line is already refused
};

} // namespace sluice::detail
