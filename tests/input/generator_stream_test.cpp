#include <sluice/input/generator_stream.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::Duration, sluice::filter, sluice::foreachBatch;
using sluice::generatorStream, sluice::InvalidArgument, sluice::OffsetRange, sluice::Stop;
using sluice::testing::Batches, sluice::testing::TestEngine;

static_assert(sluice::Generator<int (*)(std::uint64_t)>);
static_assert(!sluice::Generator<void (*)(std::uint64_t)>);
static_assert(!sluice::Generator<int (*)(std::string)>);

namespace {
constexpr auto itself = [](std::uint64_t i) { return i; };

/// The records of so many batches of a generator with this rate.
Batches<std::uint64_t> generated(
    double rate, Duration interval, int intervals, std::vector<OffsetRange>* offsets = nullptr)
{
    TestEngine test{{.batchInterval = interval, .defaultPartitions = 3}};
    Batches<std::uint64_t> batches;
    generatorStream(test.runtime(), itself, rate) |
        foreachBatch([&](const Batch<std::uint64_t>& batch) {
            batches.emplace_back(batch.begin(), batch.end());
            CHECK(batch.partitions().size() == 3);
            CHECK(batch.metadata().inputRecords == batch.size());
            REQUIRE(batch.metadata().offsets.size() == 1);
            if (offsets) { offsets->push_back(batch.metadata().offsets.front()); }
        });
    test.runtime().start();
    test.executor().run();
    for (int i = 0; i < intervals; ++i) {
        test.nextBatch();
    }
    return batches;
}

std::vector<std::size_t> sizes(const Batches<std::uint64_t>& batches)
{
    std::vector<std::size_t> sizes;
    for (const auto& batch : batches) {
        sizes.push_back(batch.size());
    }
    return sizes;
}
} // namespace

TEST_CASE("a generator makes records of their numbers", "[input][generator_stream]")
{
    TestEngine test{{.batchInterval = 1s}};
    sluice::engine::Runtime& context = test.runtime();
    std::vector<std::uint64_t> last;
    // [example]
    const auto squareOf = [](std::uint64_t i) { return i * i; };
    const auto squares = generatorStream(context, squareOf, 3); // three a second
    squares | foreachBatch([&last](const Batch<std::uint64_t>& batch) {
        last.assign(batch.begin(), batch.end()); // 0 1 4, then 9 16 25, ...
    });
    // [example]
    context.start();
    test.executor().run();
    test.nextBatch();
    CHECK(last == std::vector<std::uint64_t>{0, 1, 4});
    test.nextBatch();
    CHECK(last == std::vector<std::uint64_t>{9, 16, 25});
}

TEST_CASE("a generator gives the records that are due, in order", "[input][generator_stream]")
{
    CHECK(generated(4, 1s, 2) == Batches<std::uint64_t>{{0, 1, 2, 3}, {4, 5, 6, 7}});
    CHECK(sizes(generated(2.5, 1s, 4)) == std::vector<std::size_t>{2, 3, 2, 3});
    CHECK(sizes(generated(0.5, 1s, 5)) == std::vector<std::size_t>{0, 1, 0, 1, 0});
}

TEST_CASE("a generator's whole numbers come out whole", "[input][generator_stream][regression]")
{
    // 0.57 * 100 is a little less than 57.
    for (const int interval : {1, 7, 57, 100, 290, 570}) {
        CAPTURE(interval);
        const auto got = sizes(generated(1000, Duration{interval}, 50));
        CHECK(got == std::vector<std::size_t>(50, static_cast<std::size_t>(interval)));
    }
    CHECK(sizes(generated(100, 570ms, 3)) == std::vector<std::size_t>{57, 57, 57});
}

TEST_CASE("a generator names what each batch took", "[input][generator_stream]")
{
    std::vector<OffsetRange> offsets;
    (void)generated(2.5, 1s, 3, &offsets);
    CHECK(offsets == std::vector<OffsetRange>{{"generatorStream", 0, 0, 2},
                         {"generatorStream", 0, 2, 5}, {"generatorStream", 0, 5, 7}});
}

TEST_CASE("two runs of a generator give the same", "[input][generator_stream]")
{
    CHECK(generated(12.3, 700ms, 6) == generated(12.3, 700ms, 6));
}

TEST_CASE("a generator's records are made in the loop that uses them, again for a retry",
    "[input][generator_stream][errors]")
{
    TestEngine test{{.batchInterval = 1s, .defaultPartitions = 1, .maxTaskFailures = 2}};
    std::vector<std::uint64_t> seen;
    int failures = 1;
    const auto failOnce = [&failures](std::uint64_t i) {
        if (i == 3 && failures-- > 0) { throw std::runtime_error{"once"}; }
        return i;
    };
    generatorStream(test.runtime(), failOnce, 5) | filter([](std::uint64_t i) { return i != 1; }) |
        foreachBatch(
            [&](const Batch<std::uint64_t>& batch) { seen.assign(batch.begin(), batch.end()); });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(seen == std::vector<std::uint64_t>{0, 2, 3, 4});
}

TEST_CASE("a generator refuses a rate that is not positive", "[input][generator_stream][errors]")
{
    TestEngine test{{.batchInterval = 1s}};
    for (const double rate : {0.0, -1.0, std::numeric_limits<double>::infinity(),
             std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(rate);
        CHECK_THROWS_AS(generatorStream(test.runtime(), itself, rate), InvalidArgument);
    }
}
