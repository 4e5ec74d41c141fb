#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace sluice::stress {

/// Ends the program where a promise does not hold. Not an assertion: these programs are built with
/// NDEBUG too.
inline void require(bool holds, const char* otherwise)
{
    if (holds) { return; }
    std::fprintf(stderr, "stress: %s\n", otherwise);
    std::abort();
}

/// Keeps a thread busy for some iterations.
inline void spin(unsigned iterations)
{
    for (volatile unsigned i = 0; i < iterations;) {
        i = i + 1;
    }
}

/// A run of a stress program: `prog [--seconds N] [--rounds N] [--seed S]`, for at least so long
/// and so many rounds. Prints its first seed; each round has its own, counted from there.
class Run {
public:
    Run(int argc, char** argv) : seed_{std::random_device{}()}
    {
        std::chrono::seconds length{5};
        for (int i = 1; i + 1 < argc; i += 2) {
            const auto value = std::strtoull(argv[i + 1], nullptr, 10);
            if (std::strcmp(argv[i], "--seconds") == 0) {
                length = std::chrono::seconds{value};
            } else if (std::strcmp(argv[i], "--rounds") == 0) {
                atLeast_ = value;
            } else if (std::strcmp(argv[i], "--seed") == 0) {
                seed_ = value;
            } else {
                std::fprintf(stderr, "usage: %s [--seconds N] [--rounds N] [--seed S]\n", argv[0]);
                std::exit(2);
            }
        }
        until_ = std::chrono::steady_clock::now() + length;
        std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
        std::fflush(stdout);
    }

    [[nodiscard]] bool goesOn() const
    {
        return rounds_ < atLeast_ || std::chrono::steady_clock::now() < until_;
    }

    [[nodiscard]] std::chrono::steady_clock::time_point until() const { return until_; }

    [[nodiscard]] std::uint64_t nextSeed() { return seed_ + rounds_++; }

    [[nodiscard]] int end() const
    {
        std::printf("%llu rounds\n", static_cast<unsigned long long>(rounds_));
        return EXIT_SUCCESS;
    }

private:
    std::uint64_t seed_;
    std::uint64_t rounds_ = 0;
    std::uint64_t atLeast_ = 0;
    std::chrono::steady_clock::time_point until_;
};

} // namespace sluice::stress
