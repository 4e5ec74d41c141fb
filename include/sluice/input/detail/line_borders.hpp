#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace sluice::detail {

/// Where the lines of a slice begin and end in its file, when that is cut at any byte: a line
/// belongs to the slice that its first byte lies in. Lines end at LF, CR or CR LF.
class LineBorders {
public:
    /// For the slice [from, until). Where its last line cannot end within `maxLineBytes`, which
    /// whoever frames the lines will find too, the rest of it is not looked at.
    LineBorders(std::uint64_t from, std::uint64_t until, std::uint64_t maxLineBytes)
        : from_{from}, until_{until}, position_{start()}, begun_{from == 0}
    {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max() - 2;
        giveUp_ = maxLineBytes < most - until ? until + maxLineBytes + 2 : most;
    }

    /// The byte to begin reading at: one before the slice, which tells whether a line begins with
    /// it.
    [[nodiscard]] std::uint64_t start() const { return from_ == 0 ? 0 : from_ - 1; }

    /// The part of the next piece of the file that belongs to lines of the slice.
    [[nodiscard]] std::span<char> keep(std::span<char> piece)
    {
        const std::uint64_t at = position_;
        position_ += piece.size();
        std::size_t begin = 0;
        if (!begun_) {
            begin = lineStart(piece, at < from_ ? static_cast<std::size_t>(from_ - at) : 0);
            begun_ = begin < piece.size();
            passed_ = at + begin >= until_;
        }
        std::size_t end = piece.size();
        if (passed_) {
            end = begin;
        } else if (position_ > until_) {
            const std::uint64_t behind = until_ > at ? until_ - at : 0;
            end = lineStart(piece, behind > begin ? static_cast<std::size_t>(behind) : begin);
            passed_ = end < piece.size() || position_ >= giveUp_;
        }
        if (!piece.empty()) { before_ = piece.back(); }
        return piece.subspan(begin, end - begin);
    }

    /// Nothing further belongs to the slice.
    [[nodiscard]] bool passed() const { return passed_; }

private:
    /// Where the first line from `first` on begins; the size of the piece where none does.
    [[nodiscard]] std::size_t lineStart(std::span<const char> piece, std::size_t first) const
    {
        for (std::size_t i = first; i < piece.size(); ++i) {
            const char before = i == 0 ? before_ : piece[i - 1];
            if (before == '\n' || (before == '\r' && piece[i] != '\n')) { return i; }
        }
        return piece.size();
    }

    std::uint64_t from_;
    std::uint64_t until_;
    std::uint64_t giveUp_ = 0;
    std::uint64_t position_; // of the next piece
    char before_ = '\0';     // the byte before it
    bool begun_;             // a line of the slice was found
    bool passed_ = false;
};

} // namespace sluice::detail
