#pragma once

#include <array>
#include <cstdint>

// The function objects of the fusion benchmark: every contender calls these and adds only its way
// of calling them.
namespace ops {

using Int = std::int64_t;

// c1: map, filter, map
inline constexpr auto tripled = [](Int x) -> Int { return x * 3 + 1; };
inline constexpr auto notTwoOfSix = [](Int x) -> bool { return (x & 6) != 2; };
inline constexpr auto halved = [](Int x) -> Int { return x >> 1; };

// c2: ten alternating; each filter looks at bits of its own, so that no branch can be predicted
// from another
inline constexpr auto plusSeven = [](Int x) -> Int { return x + 7; };
inline constexpr auto bits0 = [](Int x) -> bool { return (x & 7) != 0; };
inline constexpr auto timesFive = [](Int x) -> Int { return x * 5; };
inline constexpr auto bits4 = [](Int x) -> bool { return (x & 0x70) != 0x10; };
inline constexpr auto flipped = [](Int x) -> Int { return x ^ 0x55; };
inline constexpr auto bits8 = [](Int x) -> bool { return (x & 0x700) != 0x300; };
inline constexpr auto minusThree = [](Int x) -> Int { return x - 3; };
inline constexpr auto bits12 = [](Int x) -> bool { return (x & 0x7000) != 0x5000; };
inline constexpr auto halvedAgain = [](Int x) -> Int { return x >> 1; };
inline constexpr auto bits16 = [](Int x) -> bool { return (x & 0x70000) != 0x60000; };

// c3: flatMap to three, filter
inline constexpr auto threeOf = [](Int x) -> std::array<Int, 3> { return {x, x + 1, x * 2}; };
inline constexpr auto notOneOfThree = [](Int x) -> bool { return (x & 3) != 1; };

} // namespace ops
