#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h> // large: only where its instructions can be used
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Which bytes of a text end a piece, 64 bytes at a time: bit `i` of a mask stands for byte `i`.
namespace sluice::detail {

/// The same byte in each of eight lanes.
constexpr std::uint64_t everyByte(std::uint8_t value)
{
    return value * std::uint64_t{0x0101010101010101};
}

/// The top bit of each byte that is zero; exact, no carry crosses bytes.
constexpr std::uint64_t zeroBytes(std::uint64_t bytes)
{
    constexpr std::uint64_t low = everyByte(0x7F);
    return ~(((bytes & low) + low) | bytes | low);
}

struct OneByte {
    char byte;

    constexpr bool operator()(char c) const { return c == byte; }

    constexpr std::uint64_t lanes(std::uint64_t x) const
    {
        return zeroBytes(x ^ everyByte(static_cast<std::uint8_t>(byte)));
    }
#if defined(__SSE2__)
    __m128i lanes(__m128i x) const { return _mm_cmpeq_epi8(x, _mm_set1_epi8(byte)); }
#endif
#if defined(__AVX2__)
    __m256i lanes(__m256i x) const { return _mm256_cmpeq_epi8(x, _mm256_set1_epi8(byte)); }
#endif
};

/// LF and CR.
struct LineEnds {
    constexpr bool operator()(char c) const { return c == '\n' || c == '\r'; }

    constexpr std::uint64_t lanes(std::uint64_t x) const
    {
        return OneByte{'\n'}.lanes(x) | OneByte{'\r'}.lanes(x);
    }
#if defined(__SSE2__)
    __m128i lanes(__m128i x) const
    {
        return _mm_or_si128(OneByte{'\n'}.lanes(x), OneByte{'\r'}.lanes(x));
    }
#endif
#if defined(__AVX2__)
    __m256i lanes(__m256i x) const
    {
        return _mm256_or_si256(OneByte{'\n'}.lanes(x), OneByte{'\r'}.lanes(x));
    }
#endif
};

/// The six ASCII white-space bytes: space, and the five from tab to carriage return.
struct Spaces {
    static constexpr char first = '\t';
    static constexpr char span = '\r' - '\t';

    constexpr bool operator()(char c) const { return c == ' ' || (c >= '\t' && c <= '\r'); }

    constexpr std::uint64_t lanes(std::uint64_t x) const
    {
        std::uint64_t low = x & everyByte(0x7F);
        std::uint64_t fromTab = low + everyByte(0x80 - '\t');
        std::uint64_t pastReturn = low + everyByte(0x80 - '\r' - 1);
        return (fromTab & ~pastReturn & ~x & everyByte(0x80)) | OneByte{' '}.lanes(x);
    }
#if defined(__SSE2__)
    __m128i lanes(__m128i x) const
    {
        __m128i offset = _mm_sub_epi8(x, _mm_set1_epi8(first));
        __m128i inRange = _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(span)), offset);
        return _mm_or_si128(inRange, OneByte{' '}.lanes(x));
    }
#endif
#if defined(__AVX2__)
    __m256i lanes(__m256i x) const
    {
        __m256i offset = _mm256_sub_epi8(x, _mm256_set1_epi8(first));
        __m256i inRange =
            _mm256_cmpeq_epi8(_mm256_min_epu8(offset, _mm256_set1_epi8(span)), offset);
        return _mm256_or_si256(inRange, OneByte{' '}.lanes(x));
    }
#endif
};

/// Eight bytes (fewer for the last of a text) as a number with the first byte lowest.
inline std::uint64_t loadLanes(const char* p, std::size_t n = 8)
{
    std::uint64_t x = 0;
    std::memcpy(&x, p, n);
    if constexpr (std::endian::native == std::endian::big) {
        std::uint64_t swapped = 0;
        for (int i = 0; i < 8; ++i) {
            swapped |= ((x >> (8 * i)) & 0xFF) << (56 - 8 * i);
        }
        x = swapped;
    }
    return x;
}

/// The mask of up to eight bytes.
template <class Ends>
std::uint64_t fewBytesMask(Ends ends, std::uint64_t bytes)
{
    constexpr std::uint64_t gather = 0x0002040810204081; // brings the top bit of each byte together
    return (ends.lanes(bytes) * gather) >> 56;
}

struct PortableMasks {
    template <class Ends>
    static std::uint64_t of64(Ends ends, const char* p)
    {
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < 64; i += 8) {
            mask |= fewBytesMask(ends, loadLanes(p + i)) << i;
        }
        return mask;
    }
};

#if defined(__SSE2__)
struct Sse2Masks {
    template <class Ends>
    static std::uint64_t of64(Ends ends, const char* p)
    {
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < 64; i += 16) {
            __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
            mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(ends.lanes(x)))}
                    << i;
        }
        return mask;
    }
};
#endif

#if defined(__AVX2__)
struct Avx2Masks {
    template <class Ends>
    static std::uint64_t of64(Ends ends, const char* p)
    {
        __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
        auto lowMask = static_cast<std::uint32_t>(_mm256_movemask_epi8(ends.lanes(low)));
        auto highMask = static_cast<std::uint32_t>(_mm256_movemask_epi8(ends.lanes(high)));
        return lowMask | (std::uint64_t{highMask} << 32);
    }
};
using BestMasks = Avx2Masks;
#elif defined(__SSE2__)
using BestMasks = Sse2Masks;
#else
using BestMasks = PortableMasks;
#endif

/// The mask of the last `n < 64` bytes of a text that has `before` bytes ahead of them; higher bits
/// are 0.
template <class Masks, class Ends>
std::uint64_t tailMask(Ends ends, const char* p, std::size_t n, std::size_t before)
{
    if (n == 0) { return 0; }
    if (before + n >= 64) { return Masks::of64(ends, p + n - 64) >> (64 - n); }
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < n; i += 8) {
        mask |= fewBytesMask(ends, loadLanes(p + i, std::min<std::size_t>(8, n - i))) << i;
    }
    return mask & ((std::uint64_t{1} << n) - 1); // lanes beyond the text are zeros, which may match
}

} // namespace sluice::detail
