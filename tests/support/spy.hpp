#pragma once

#include <sluice/algebra/owning.hpp>

#include <cstddef>

namespace sluice::test {

/// A record that counts how often it is copied and moved, over all spies since `reset()`.
class Spy {
public:
    explicit Spy(int number) : value{number} {}
    Spy(const Spy& other) : value{other.value} { ++copies; }
    Spy(Spy&& other) noexcept : value{other.value}
    {
        other.value = -1;
        ++moves;
    }
    Spy& operator=(const Spy& other)
    {
        value = other.value;
        ++copies;
        return *this;
    }
    Spy& operator=(Spy&& other) noexcept
    {
        value = other.value;
        other.value = -1;
        ++moves;
        return *this;
    }
    ~Spy() = default;

    static void reset() { copies = moves = 0; }

    int value; ///< -1 once moved from

    static inline std::size_t copies = 0;
    static inline std::size_t moves = 0;
};

} // namespace sluice::test

template <>
inline constexpr bool sluice::Owning<sluice::test::Spy> = true;
