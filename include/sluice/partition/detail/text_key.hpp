#pragma once

#include <sluice/partition/detail/mix.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__AVX2__)
#include <immintrin.h> // large: only where its instructions can be used
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

// Memory checkers see bytes, not pages: they would report the guarded read below.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_READS_WITHIN_TEXT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SLUICE_READS_WITHIN_TEXT 1
#endif
#endif

namespace sluice::detail {

/// Set in the hash of every text, so that tables need not look for the hash that means an empty
/// slot.
inline constexpr std::uint64_t neverZero = 1;

/// Up to 15 bytes and their number, in 16: padded with zeros, the last byte holds the length plus
/// one.
///
/// So no text is all zeros, equal texts are equal words and different ones are not.
struct ShortText {
    static constexpr std::size_t longest = 15;

    std::uint64_t low;
    std::uint64_t high;

    constexpr std::uint64_t hash() const { return mix(low, high) | neverZero; }

    friend constexpr bool operator==(const ShortText&, const ShortText&) = default;
};

constexpr std::uint64_t lengthTag(std::size_t size)
{
    return static_cast<std::uint64_t>(size + 1) << 56;
}

/// By reads that stay within the text; one unforeseeable branch on its length for most texts.
inline ShortText packWithinText(std::string_view text)
{
    const char* p = text.data();
    std::size_t n = text.size();
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (n >= 8) {
        low = read64(p);
        high = (read64(p + n - 8) >> 8) >> (8 * (ShortText::longest - n));
    } else if (n >= 4) {
        low = read32(p) | (read32(p + n - 4) << (8 * (n - 4)));
    } else if (n > 0) {
        auto byte = [p](std::size_t i) {
            return std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
        };
        low = byte(0) | byte(n / 2) | byte(n - 1);
    }
    return {low, high | lengthTag(n)};
}

#if defined(__AVX512BW__) && defined(__AVX512VL__)
/// Words have all lengths, and a branch on each costs more than the rest: a masked read has none,
/// and touches no byte beyond the mask.
[[gnu::always_inline]] inline ShortText packShort(std::string_view text)
{
    auto mask = static_cast<__mmask16>((1U << text.size()) - 1);
    __m128i bytes = _mm_maskz_loadu_epi8(mask, text.data());
    auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
    auto high = static_cast<std::uint64_t>(_mm_extract_epi64(bytes, 1));
    return {low, high | lengthTag(text.size())};
}
#elif defined(__SSE2__) && defined(__x86_64__) && defined(__GNUC__) &&                             \
    !defined(SLUICE_READS_WITHIN_TEXT)
alignas(16) inline constexpr unsigned char firstBytes[32] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/// Words have all lengths, and a branch on each costs more than the rest. So 16 bytes are read
/// whatever the length, unless they reach into the next page, and what is not text is masked away.
[[gnu::always_inline]] inline ShortText packShort(std::string_view text)
{
    const char* p = text.data();
    constexpr std::uintptr_t page = 4096;
    if (reinterpret_cast<std::uintptr_t>(p) % page > page - 16) { return packWithinText(text); }
    asm(""
        : "+r"(
            p)); // which object it points into is not the compiler's to know: the read exceeds it
    __m128i bytes = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(firstBytes + 16 - text.size())));
    auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
    auto high = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes)));
    return {low, high | lengthTag(text.size())};
}
#else
[[gnu::always_inline]] inline ShortText packShort(std::string_view text)
{
    return packWithinText(text);
}
#endif

inline std::uint64_t hashText(std::string_view text)
{
    return text.size() <= ShortText::longest ? packShort(text).hash()
                                             : hashLongText(text) | neverZero;
}

} // namespace sluice::detail
