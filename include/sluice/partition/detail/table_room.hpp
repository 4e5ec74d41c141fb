#pragma once

#include <sluice/algebra/error.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>

namespace sluice::detail {

/// How large a table of so many keys is.
template <bool ofTexts>
struct TableRoom {
    static constexpr unsigned fewest = 5; ///< log2 of places
    static constexpr unsigned most = 31;  ///< places are told apart by the 32 bits of stored hashes
    static constexpr std::ptrdiff_t longestRun = 2048;

    /// Texts: inside the inner caches room costs nothing, and each way past another key a
    /// mispredicted branch. Beyond them a table at 13/16 misses less than one twice as large; the
    /// frequent keys come early and have short ways in any case. Other keys mostly have slots half
    /// as large, and are spread evenly: half full they are looked up 1.1 times as fast.
    static constexpr std::size_t limitOf(std::size_t places)
    {
        if constexpr (!ofTexts) { return places / 2; }
        return places <= 4096 ? places / 4 : places / 16 * 13;
    }

    static unsigned log2PlacesFor(std::size_t keyCount)
    {
        const unsigned log2 = std::max(fewest, static_cast<unsigned>(std::bit_width(keyCount)));
        return limitOf(std::size_t{1} << log2) < keyCount ? log2 + 1 : log2;
    }

    static std::size_t slackOf(unsigned log2Places)
    {
        return 32 + ((std::size_t{1} << log2Places) >> 6);
    }

    /// What one of `parts` has of `keyCount` keys, and four deviations more.
    static std::size_t likelyShare(std::size_t keyCount, std::size_t parts)
    {
        const std::size_t mean = keyCount / parts + 1;
        return mean + (std::size_t{4} << (std::bit_width(mean) / 2));
    }

    static void check(unsigned log2Places)
    {
        if (log2Places > most) {
            throw Error{ErrorCode::illegalState,
                "sluice: a task cannot tell more than 1000000000 keys apart"};
        }
    }
};

} // namespace sluice::detail
