#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

/// Random input for laws. The seed is fixed; SLUICE_TEST_SEED in the environment gives another. A
/// test shows it with `CAPTURE(random.seed())`.
class Random {
public:
    Random() : Random{chosenSeed()} {}
    explicit Random(std::uint64_t seed) : seed_{seed}, engine_{seed} {}

    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// A number in `[0, limit)`.
    std::size_t below(std::size_t limit)
    {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(engine_);
    }

    int number(int least = -1000, int most = 1000)
    {
        return std::uniform_int_distribution<int>{least, most}(engine_);
    }

    /// Fewer than `limit` numbers; each seventh time none at all.
    std::vector<int> numbers(std::size_t limit = 50)
    {
        std::vector<int> made(below(7) == 0 ? 0 : below(limit));
        for (int& x : made) {
            x = number();
        }
        return made;
    }

    /// Words and white space from a small alphabet, up to `limit` bytes: short words and long ones.
    std::string text(std::size_t limit = 80)
    {
        constexpr std::string_view alphabet{"aabcdeEz \t\n\r"};
        std::string made(below(limit + 1), ' ');
        for (char& c : made) {
            c = alphabet[below(alphabet.size())];
        }
        return made;
    }

private:
    static std::uint64_t chosenSeed()
    {
        const char* given = std::getenv("SLUICE_TEST_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 10) : 20240607;
    }

    std::uint64_t seed_;
    std::mt19937_64 engine_;
};

} // namespace sluice::test
