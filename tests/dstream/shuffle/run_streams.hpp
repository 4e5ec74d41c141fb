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

/// Runs what `build` makes of one stream for each of `inputs`; gives the batches that come out, and
/// how the run failed.
template <class Build, class... T>
auto runStreams(testing::RunOptions options, Build build, const testing::Batches<T>&... inputs)
{
    Options engineOptions;
    engineOptions.parallelism = options.parallelism;
    engineOptions.defaultPartitions = options.defaultPartitions;
    engineOptions.maxTaskFailures = options.maxTaskFailures;
    testing::TestEngine engine{engineOptions, options.seed};
    const auto queueOf = [&](const auto& batches) {
        BatchQueue<typename std::decay_t<decltype(batches)>::value_type::value_type> queue;
        for (const auto& records : batches) {
            queue.pushPartitions(testing::detail::cutInto(records, options.partitions));
        }
        return queue;
    };
    const auto stream = build(queueStream(engine.runtime(), queueOf(inputs))...);
    using U = typename decltype(stream)::Record;
    testing::RunResult<U> result;
    stream | foreachBatch([&result](const Batch<U>& batch) {
        result.kept.push_back(batch);
        result.batches.emplace_back(batch.begin(), batch.end());
    });
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < std::max({inputs.size()...}); ++i) {
        engine.nextBatch();
    }
    engine.stop(Stop::now);
    result.failure = testing::detail::failureOf(engine.runtime());
    return result;
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
