#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/input/queue_stream.hpp>
#include <sluice/testing/collect.hpp>
#include <sluice/testing/random.hpp>
#include <sluice/testing/test_engine.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::test {

/// The same records as a law's two sides see them: random batches, cut into random partitions, some
/// of them empty.
template <class T>
using Stream = std::vector<std::vector<std::vector<T>>>;

/// Calls `law(random)` for many seeds. One that fails is printed; SLUICE_TEST_SEED begins with it.
template <class Law>
void forAll(const Law& law, std::size_t cases = 40)
{
    const std::uint64_t first = Random{}.seed();
    for (std::uint64_t seed = first; seed < first + cases; ++seed) {
        CAPTURE(seed);
        testing::Random random{seed, static_cast<std::size_t>(seed - first)};
        law(random);
    }
}

/// `batches`, each cut at random places.
template <class T>
Stream<T> cutAtRandom(const testing::Batches<T>& batches, testing::Random& random)
{
    Stream<T> stream;
    for (const auto& batch : batches) {
        std::vector<std::vector<T>> partitions(1 + random.below(4));
        auto partition = partitions.begin();
        for (const T& record : batch) {
            while (partition + 1 != partitions.end() && random.below(4) == 0) {
                ++partition;
            }
            partition->push_back(record);
        }
        stream.push_back(std::move(partitions));
    }
    return stream;
}

/// Three batches of random records.
template <class T>
Stream<T> randomStream(testing::Random& random)
{
    testing::Batches<T> batches(3);
    for (auto& batch : batches) {
        batch = testing::arbitrary<std::vector<T>>(random);
    }
    return cutAtRandom(batches, random);
}

/// The records of each batch.
template <class T>
testing::Batches<T> recordsOf(const Stream<T>& stream)
{
    testing::Batches<T> batches;
    for (const auto& partitions : stream) {
        batches.emplace_back();
        for (const auto& partition : partitions) {
            batches.back().insert(batches.back().end(), partition.begin(), partition.end());
        }
    }
    return batches;
}

/// Batches without an order.
template <class T>
testing::Batches<T> bags(testing::Batches<T> batches)
{
    for (auto& batch : batches) {
        std::ranges::sort(batch);
    }
    return batches;
}

/// A pipeline whose type tells no more than the records that go in and come out, so that all laws
/// share the code that runs them.
template <class U, class... T>
using Any = std::function<DStream<U>(const DStream<T>&...)>;

/// What `pipeline` makes of `streams`.
template <class U, class... T>
testing::Batches<U> run(
    const Any<U, T...>& pipeline, const std::type_identity_t<Stream<T>>&... streams)
{
    Options options;
    options.parallelism = 3;
    testing::TestEngine test{options};
    const auto open = [&test](const auto& stream) {
        BatchQueue<typename std::decay_t<decltype(stream)>::value_type::value_type::value_type>
            queue;
        for (const auto& partitions : stream) {
            queue.pushPartitions(partitions);
        }
        return queueStream(test.runtime(), queue);
    };
    const auto out = testing::collect(pipeline(open(streams)...));
    test.start();
    for (std::size_t i = 0; i < std::max({streams.size()...}); ++i) {
        test.nextBatch();
    }
    return out->batches;
}

/// A random function of an int, the same each time it is asked the same.
class RandomFunction {
public:
    explicit RandomFunction(testing::Random& random)
        : factor_{static_cast<int>(random.between(-7, 7))},
          shift_{static_cast<int>(random.between(-20, 20))},
          modulus_{static_cast<int>(random.between(1, 50))}
    {
    }

    int operator()(int x) const { return (x * factor_ + shift_) % modulus_; }

private:
    int factor_;
    int shift_;
    int modulus_;
};

/// A random predicate.
class RandomPredicate {
public:
    explicit RandomPredicate(testing::Random& random) : function_{random} {}
    bool operator()(int x) const { return function_(x) > 0; }

private:
    RandomFunction function_;
};

/// A random function from an int to none, one or some.
class RandomSpread {
public:
    explicit RandomSpread(testing::Random& random) : length_{random}, element_{random} {}

    std::vector<int> operator()(int x) const
    {
        std::vector<int> made(static_cast<std::size_t>(std::max(length_(x), 0) % 4));
        for (int& element : made) {
            element = element_(x++);
        }
        return made;
    }

private:
    RandomFunction length_;
    RandomFunction element_;
};

} // namespace sluice::test
