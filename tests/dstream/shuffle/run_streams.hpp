#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace sluice::test {

/// `runBatches` with the options first and the inputs last.
template <class Build, class... T>
auto runStreams(
    const testing::RunOptions& options, const Build& build, const testing::Batches<T>&... inputs)
{
    return testing::runBatches(inputs..., build, options);
}

/// Records with texts as keys, short ones and long ones.
inline std::vector<std::pair<std::string, long>> randomPairs(
    std::uint64_t seed, std::size_t count, std::size_t keys)
{
    std::mt19937_64 random{seed};
    std::vector<std::pair<std::string, long>> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = random() % keys;
        auto text = std::to_string(key) + (key % 3 == 0 ? "-a key of more than fifteen bytes" : "");
        pairs.emplace_back(std::move(text), static_cast<long>(random() % 1000));
    }
    return pairs;
}

} // namespace sluice::test
