#pragma once

#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sluice::test {

/// In which order a batch's records are compared.
enum class Order { kept, any };

/// What Spark's `testOperation` is: runs `operation` over the batches of one stream or of two, cut
/// into 1, 2, 3 and 8 partitions, and compares what comes out batch by batch.
class TestOperation {
public:
    explicit TestOperation(Order order = Order::kept) : order_{order} {}

    template <class T, class U, class Operation>
    void operator()(const testing::Batches<T>& input, const Operation& operation,
        const testing::Batches<U>& expected) const
    {
        for (const std::size_t n : cuts) {
            CAPTURE(n);
            compare(testing::runBatches(input, operation, with(n)), expected);
        }
    }

    template <class A, class B, class U, class Operation>
    void operator()(const testing::Batches<A>& first, const testing::Batches<B>& second,
        const Operation& operation, const testing::Batches<U>& expected) const
    {
        for (const std::size_t n : cuts) {
            CAPTURE(n);
            compare(testing::runBatches(first, second, operation, with(n)), expected);
        }
    }

private:
    static constexpr std::size_t cuts[]{1, 2, 3, 8};

    static testing::RunOptions with(std::size_t n)
    {
        return {.partitions = n, .parallelism = n, .seed = n};
    }

    template <class U>
    void compare(const testing::RunResult<U>& out, testing::Batches<U> expected) const
    {
        CHECK_FALSE(out.failure);
        auto got = out.batches;
        if (order_ == Order::any) {
            std::ranges::for_each(got, [](auto& batch) { std::ranges::sort(batch); });
            std::ranges::for_each(expected, [](auto& batch) { std::ranges::sort(batch); });
        }
        CHECK(got == expected);
    }

    Order order_;
};

/// The whole numbers from `first` to `last`: Scala's `first to last`.
inline std::vector<int> to(int first, int last)
{
    std::vector<int> numbers;
    for (int i = first; i <= last; ++i) {
        numbers.push_back(i);
    }
    return numbers;
}

} // namespace sluice::test
