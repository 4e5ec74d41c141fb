#pragma once

#include <sluice/algebra/detail/split_masks.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Cutting a text into pieces: what a piece is, one by one for iterators, all at once for fused
/// loops.
namespace sluice::detail {

/// Where a search for the next piece stands.
struct Cut {
    const char* from; ///< where the rest of the text begins
    const char* end;  ///< where the text ends
    bool finished;    ///< there is no further piece
};

/// Calls `atEnd(i)` for each byte of the text that ends a piece, and once for the end of the text.
template <class Masks, class Ends, class AtEnd>
void forEachEnd(Ends ends, std::string_view text, AtEnd atEnd)
{
    const char* data = text.data();
    for (std::size_t i = 0;; i += 64) {
        std::size_t left = text.size() - i;
        bool last = left < 64;
        std::uint64_t mask =
            last ? tailMask<Masks>(ends, data + i, left, i) | (std::uint64_t{1} << left)
                 : Masks::of64(ends, data + i);
        for (; mask != 0; mask &= mask - 1) {
            atEnd(i + static_cast<unsigned>(std::countr_zero(mask)));
        }
        if (last) { return; }
    }
}

/// Maximal runs of bytes that are not white space.
struct WordRule {
    static constexpr bool next(Cut& cut, std::string_view& piece)
    {
        constexpr Spaces space{};
        while (cut.from != cut.end && space(*cut.from)) {
            ++cut.from;
        }
        const char* begin = cut.from;
        while (cut.from != cut.end && !space(*cut.from)) {
            ++cut.from;
        }
        piece = {begin, cut.from};
        return !piece.empty();
    }

    template <class Masks, class Sink>
    static void forEach(std::string_view text, Sink& sink)
    {
        std::size_t begin = 0;
        forEachEnd<Masks>(Spaces{}, text, [&, data = text.data()](std::size_t i) {
            if (i != begin) { sink(std::string_view{data + begin, i - begin}); }
            begin = i + 1;
        });
    }
};

/// Runs that end at LF, CR or CR LF; bytes after the last of these are a line too.
struct LineRule {
    static constexpr bool next(Cut& cut, std::string_view& piece)
    {
        if (cut.from == cut.end) { return false; }
        const char* begin = cut.from;
        while (cut.from != cut.end && !LineEnds{}(*cut.from)) {
            ++cut.from;
        }
        piece = {begin, cut.from};
        if (cut.from != cut.end && *cut.from++ == '\r' && cut.from != cut.end &&
            *cut.from == '\n') {
            ++cut.from;
        }
        return true;
    }

    template <class Masks, class Sink>
    static void forEach(std::string_view text, Sink& sink)
    {
        std::size_t begin = 0;
        forEachEnd<Masks>(LineEnds{}, text, [&, text](std::size_t i) {
            bool empty = i == begin;
            bool ghost =
                empty && (i == text.size() || (i != 0 && text[i] == '\n' && text[i - 1] == '\r'));
            if (!ghost) { sink(std::string_view{text.data() + begin, i - begin}); }
            begin = i + 1;
        });
    }
};

/// What lies between separators: always one field more than there are separators.
struct FieldRule {
    OneByte separator;

    constexpr bool next(Cut& cut, std::string_view& piece) const
    {
        if (cut.finished) { return false; }
        const char* begin = cut.from;
        while (cut.from != cut.end && !separator(*cut.from)) {
            ++cut.from;
        }
        piece = {begin, cut.from};
        cut.finished = cut.from == cut.end;
        if (!cut.finished) { ++cut.from; }
        return true;
    }

    template <class Masks, class Sink>
    void forEach(std::string_view text, Sink& sink) const
    {
        std::size_t begin = 0;
        forEachEnd<Masks>(separator, text, [&, data = text.data()](std::size_t i) {
            sink(std::string_view{data + begin, i - begin});
            begin = i + 1;
        });
    }
};

} // namespace sluice::detail
