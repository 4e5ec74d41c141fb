#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// The arithmetic under `hashOf`. Its values are pinned by tests: they decide where data lives.
namespace sluice::detail {

struct Product128 {
    std::uint64_t low;
    std::uint64_t high;
};

/// All 128 bits of a product, by four products of halves.
constexpr Product128 multiplyPortably(std::uint64_t a, std::uint64_t b)
{
    constexpr std::uint64_t half = 0xFFFFFFFF;
    std::uint64_t lowLow = (a & half) * (b & half);
    std::uint64_t highLow = (a >> 32) * (b & half);
    std::uint64_t lowHigh = (a & half) * (b >> 32);
    std::uint64_t highHigh = (a >> 32) * (b >> 32);
    std::uint64_t middle = (lowLow >> 32) + (highLow & half) + lowHigh; // cannot overflow
    return {(middle << 32) | (lowLow & half), highHigh + (highLow >> 32) + (middle >> 32)};
}

#if defined(__SIZEOF_INT128__)
__extension__ using Uint128 = unsigned __int128;

constexpr Product128 multiply(std::uint64_t a, std::uint64_t b)
{
    Uint128 product = static_cast<Uint128>(a) * b;
    return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}
#else
constexpr Product128 multiply(std::uint64_t a, std::uint64_t b)
{
    return multiplyPortably(a, b);
}
#endif

/// Odd, half of their bits set, taken from the digits of pi, e, the golden ratio and the root of
/// two.
inline constexpr std::uint64_t mixPi = 0x243F6A8885A308D3;
inline constexpr std::uint64_t mixE = 0xB7E151628AED2A6B;
inline constexpr std::uint64_t mixPhi = 0x9E3779B97F4A7C15;
inline constexpr std::uint64_t mixRoot = 0x6A09E667F3BCC909;

/// Every bit of both goes into the upper bits of the result.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b)
{
    Product128 product = multiply(a ^ mixPi, b ^ mixE);
    return product.low ^ product.high;
}

/// The high half of the product: scales `hash` to 0 .. `count` - 1 and keeps the order of hashes.
constexpr std::uint64_t scaleDown(std::uint64_t hash, std::uint64_t count)
{
    return multiply(hash, count).high;
}

/// A number whose bytes in memory become those of a little-endian one, and back.
constexpr std::uint64_t littleEndian(std::uint64_t x)
{
    if constexpr (std::endian::native == std::endian::big) {
        std::uint64_t swapped = 0;
        for (int i = 0; i < 8; ++i) {
            swapped |= ((x >> (8 * i)) & 0xFF) << (56 - 8 * i);
        }
        return swapped;
    }
    return x;
}

inline std::uint64_t read64(const char* p)
{
    std::uint64_t x = 0;
    std::memcpy(&x, p, sizeof x);
    return littleEndian(x);
}

inline std::uint64_t read32(const char* p)
{
    std::uint64_t x = 0;
    if constexpr (std::endian::native == std::endian::big) {
        char bytes[8] = {p[0], p[1], p[2], p[3]};
        return read64(bytes);
    }
    std::memcpy(&x, p, 4);
    return x;
}

/// For texts too long to be held in two words.
inline std::uint64_t hashLongText(std::string_view text)
{
    std::uint64_t state = mixPhi ^ text.size();
    const char* p = text.data();
    for (std::size_t left = text.size(); left > 16; left -= 16, p += 16) {
        state = mix(read64(p) ^ state, read64(p + 8));
    }
    const char* last = text.data() + text.size() - 16;
    return mix(mix(read64(last) ^ state, read64(last + 8)), mixRoot);
}

} // namespace sluice::detail
