#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

namespace records {

inline bool fewer()
{
    return std::getenv("SLUICE_BENCH_SHORT") != nullptr;
}

/// Integers as keys and values, each key as likely as any other.
inline std::vector<std::pair<std::int64_t, std::int64_t>> random(
    std::size_t count, std::size_t keys, std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    std::vector<std::pair<std::int64_t, std::int64_t>> made(count);
    for (auto& [key, value] : made) {
        key = static_cast<std::int64_t>(random() % keys);
        value = static_cast<std::int64_t>(random() % 1000);
    }
    return made;
}

} // namespace records
