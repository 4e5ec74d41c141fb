#pragma once

#include <sluice/input/detail/block_framer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace sluice::detail {

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
class LineFramer final : public BlockFramer {
public:
    explicit LineFramer(std::size_t maxLineBytes, std::size_t blockBytes = usualBlockBytes)
        : BlockFramer{std::min(maxLineBytes, SIZE_MAX / 4), blockBytes}
    {
    }

    /// `bytes` more were read to where `writable()` said.
    void commit(std::size_t bytes) override
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
            acceptLines(std::max(old, recordStart_));
        }
    }

    /// A half line of a connection that broke is dropped and does not count as refused.
    std::size_t endConnection(bool inOrder) override
    {
        if (inOrder) {
            endOfStream();
        } else {
            reset();
        }
        return 0;
    }

    [[nodiscard]] const char* refusal() const override { return "lines longer than maxLineBytes"; }

    /// The sender closed in good order: an unfinished last line counts as finished. What is
    /// committed from now on is another stream.
    void endOfStream()
    {
        if (end_ != recordStart_) {
            buffer_.get()[end_] = '\n'; // writable() never gives away the last byte
            recordStart_ = ++end_;
            ++records_;
        }
        reset();
    }

    /// The connection broke: an unfinished last line may be half of one and is dropped. Returns how
    /// many bytes that were; complete lines stay. What is committed from now on is another stream.
    std::size_t reset()
    {
        const std::size_t dropped = end_ - recordStart_;
        end_ = recordStart_;
        dropping_ = false;
        afterReturn_ = false;
        return dropped;
    }

private:
    /// The read began with the LF of a CR LF whose CR already ended a line.
    void swallowFeed()
    {
        --end_;
        char* line = buffer_.get() + recordStart_;
        std::memmove(line, line + 1, end_ - recordStart_);
    }

    [[nodiscard]] bool blockEndsInReturn() const
    {
        return recordStart_ != blockStart_ && buffer_.get()[recordStart_ - 1] == '\r';
    }

    /// An empty line ended by LF comes after a line of the block that ended in CR and was not its
    /// neighbour in one stream: put side by side the two ends would read as one.
    [[nodiscard]] bool feedWouldJoin() const
    {
        return end_ != recordStart_ && buffer_.get()[recordStart_] == '\n' && blockEndsInReturn();
    }

    [[nodiscard]] bool holdsLongLine() const
    {
        const char* last = buffer_.get() + end_;
        const char* line = buffer_.get() + recordStart_;
        // Wherever a line end lies within reach of a line's start, all lines up to it are short.
        while (static_cast<std::size_t>(last - line) > longest_) {
            const char* lineEnd = line + longest_;
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
        records_ += ends;
        recordStart_ = end_;
        while (!isLineEnd(bytes[recordStart_ - 1])) {
            --recordStart_;
        }
    }

    /// Goes through what is not yet in the block line by line and closes the gaps of refused ones.
    void keepShortLines()
    {
        const char* last = buffer_.get() + end_;
        const char* line = buffer_.get() + recordStart_;
        for (;;) {
            const char* lineEnd = std::find_if(line, last, isLineEnd);
            if (!dropping_ && static_cast<std::size_t>(lineEnd - line) > longest_) {
                ++refused_;
                dropping_ = true;
            }
            if (lineEnd == last) { break; }
            const char* next = afterLineEnd(lineEnd, last);
            if (!std::exchange(dropping_, false)) {
                const bool joins = *line == '\n' && blockEndsInReturn();
                recordStart_ = append(line, next);
                if (joins) { buffer_.get()[recordStart_ - 1] = '\r'; }
                ++records_;
            }
            line = next;
        }
        end_ = dropping_ ? recordStart_ : append(line, last);
    }

    /// Moves a run down to the end of the block; returns where it then ends.
    [[nodiscard]] std::size_t append(const char* first, const char* last)
    {
        const auto size = static_cast<std::size_t>(last - first);
        std::memmove(buffer_.get() + recordStart_, first, size);
        return recordStart_ + size;
    }

    bool afterReturn_ = false; // the last byte committed was a CR
    bool dropping_ = false;    // the unfinished line is already refused
};

} // namespace sluice::detail
