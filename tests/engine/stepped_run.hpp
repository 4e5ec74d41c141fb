#pragma once

#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::test {

constexpr std::size_t batchesDue = 4;
constexpr std::uint64_t seeds = 5;

/// A run that ends after `steps` handlers. The clock moves on by one batch whenever there is
/// nothing to do.
class SteppedRun {
public:
    SteppedRun(std::uint64_t seed, sluice::Options options = {}) : test_{std::move(options), seed}
    {
    }

    sluice::engine::Runtime& runtime() { return test_.runtime(); }
    boost::asio::any_io_executor executor() { return test_.executor().executor(); }

    /// Whether there was something to do at each step.
    bool startAndRun(std::size_t steps)
    {
        runtime().start();
        std::size_t done = 0;
        std::size_t ticks = 0;
        while (done < steps) {
            if (test_.executor().runOne()) {
                ++done;
            } else if (ticks++ < batchesDue) {
                test_.clock().advance(runtime().options().batchInterval);
            } else {
                break;
            }
        }
        return done == steps;
    }

    bool runAndStop(std::size_t steps, Stop mode)
    {
        const bool more = startAndRun(steps);
        test_.stop(mode);
        return more;
    }

    /// Stops a second time, in another way, `later` handlers after the first stop.
    void stopAgain(std::size_t later, Stop first, Stop second)
    {
        runtime().requestStop(first);
        for (std::size_t i = 0; i < later; ++i) {
            (void)test_.executor().runOne();
        }
        test_.stop(second);
    }

    std::size_t recordsCut()
    {
        std::size_t records = 0;
        for (const auto& event : runtime().events().since(0)) {
            if (const auto* batch = std::get_if<BatchSubmitted>(&event)) {
                records += batch->records;
            }
        }
        return records;
    }

private:
    testing::TestEngine test_;
};

inline void checkGapless(const std::vector<std::uint64_t>& indices)
{
    std::vector<std::uint64_t> expected(indices.size());
    std::iota(expected.begin(), expected.end(), std::uint64_t{0});
    CHECK(indices == expected);
}

/// Calls `run(steps, mode, seed)` for every step until the run is over, both ways to stop and some
/// seeds.
template <class Run>
void everywhere(Run run)
{
    for (const Stop mode : {Stop::now, Stop::graceful}) {
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            std::size_t steps = 0;
            for (bool more = true; more; ++steps) {
                CAPTURE(seed, steps, mode == Stop::graceful);
                more = run(steps, mode, seed);
            }
            CHECK(steps > batchesDue);
        }
    }
}

} // namespace sluice::test
