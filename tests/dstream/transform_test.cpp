#include <sluice/dstream/transform.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/repartition.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::evaluate, sluice::filter, sluice::map, sluice::Time,
    sluice::transform;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
using Ints = Batch<int>;

constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto itself = [](const Ints& batch) { return batch; };
constexpr auto sorted = [](const Ints& batch) {
    std::vector<int> records(batch.begin(), batch.end());
    std::ranges::sort(records);
    return records;
};
constexpr auto timed = [](const Ints& batch, Time time) {
    return std::array{std::pair{time.time_since_epoch().count(), batch.size()}};
};

// What transform takes and what it refuses, settled while compiling.
static_assert(Accepts<decltype(transform(itself)), int>);
static_assert(Accepts<decltype(transform(sorted)), int>);
static_assert(Accepts<decltype(transform(timed)), int>);
static_assert(!Accepts<decltype(transform(sorted)), std::string>);
static_assert(!Accepts<decltype(transform([](const Ints& batch) { return batch.size(); })), int>);
static_assert(!Accepts<decltype(transform([](Ints&) { return std::vector<int>{}; })), int>);
static_assert(
    !Accepts<decltype(transform([](const Ints& batch) { return std::array{&*batch.begin()}; })),
        int>); // nobody would own what it points to
} // namespace

TEST_CASE("transform replaces the records of a batch by what its function makes of them all",
    "[dstream][transform]")
{
    // [example]
    const auto topTwo = transform([](const sluice::Batch<int>& batch) {
        std::vector<int> records(batch.begin(), batch.end());
        std::ranges::sort(records, std::greater{});
        records.resize(std::min<std::size_t>(records.size(), 2));
        return records;
    });
    CHECK(evaluate(topTwo, {1, 5, 3}) == std::vector{5, 3});
    // [example]
    const auto out = runBatches(Batches<int>{{1, 5, 3}, {}, {2}}, topTwo, {.partitions = 2});
    CHECK(out.batches == Batches<int>{{5, 3}, {}, {2}});
    CHECK(out.kept[0].partitions().size() == 1);
}

TEST_CASE("transform calls its function once for each batch, empty ones among them, in order",
    "[dstream][transform]")
{
    const auto numbered = transform([calls = 0](const Ints& batch) mutable {
        return std::vector<int>(batch.empty() ? 1 : 2, ++calls);
    });
    for (const std::size_t n : {0U, 1U, 3U}) {
        CAPTURE(n);
        CHECK(runBatches(Batches<int>{{}, {}}, numbered, {.partitions = n}).batches ==
              Batches<int>{{1}, {2}});
    }
    CHECK(runBatches(Batches<int>{{7}, {}, {8, 9}}, numbered).batches ==
          Batches<int>{{1, 1}, {2}, {3, 3}});
}

TEST_CASE("transform tells the time of the batch to whom wants it", "[dstream][transform]")
{
    const auto out = runBatches(Batches<int>{{1, 2}, {}}, transform(timed));
    REQUIRE(out.batches.size() == 2);
    CHECK(out.batches[0][0].first == 1000);
    CHECK(out.batches[0][0].second == 2);
    CHECK(out.batches[1][0].first == 2000);
    CHECK(out.batches[1][0].second == 0);
    CHECK(evaluate(transform(timed), {1, 2})[0].first == 0);
}

TEST_CASE("transform takes a batch over as it is", "[dstream][transform]")
{
    const Batches<int> in{{1, 2, 3}, {}, {4}};
    const auto out = runBatches(in, transform(itself), {.partitions = 3});
    CHECK(out.batches == in);
    CHECK(out.kept[0].partitions().size() == 3);
    CHECK(out.kept[2].time() == Time{std::chrono::milliseconds{3000}}); // not that of another batch

    const Batch<int> fixed{std::vector{sluice::makePartition(std::vector{7, 8})},
        std::make_shared<const sluice::BatchMetadata>()};
    const auto always = transform([fixed](const Ints&) -> const Batch<int>& { return fixed; });
    CHECK(runBatches(Batches<int>{{1}, {}}, always).batches == Batches<int>{{7, 8}, {7, 8}});
    CHECK(evaluate(always, {1, 2, 3}) == std::vector{7, 8});
}

TEST_CASE("transform of each record alone is map, and of ranges of any kind",
    "[dstream][transform][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto twice = [](int x) { return 2 * x; };
    const auto lazy =
        transform([twice](const Ints& batch) { return batch | std::views::transform(twice); });
    const auto rangesV3 =
        transform([twice](const Ints& batch) { return batch | ranges::views::transform(twice); });
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const Batches<int> in{random.numbers(), {}, random.numbers()};
        const sluice::testing::RunOptions options{.partitions = n, .parallelism = n};
        const auto expected = runBatches(in, filter(isOdd) | map(twice)).batches;
        CHECK(runBatches(in, filter(isOdd) | lazy, options).batches == expected);
        CHECK(runBatches(in, filter(isOdd) | rangesV3, options).batches == expected);
        CHECK(runBatches(in, filter(isOdd) | sluice::repartition(n) | lazy, options).batches ==
              expected);
        CHECK(evaluate(filter(isOdd) | lazy, in[0]) == expected[0]);
    }
}

TEST_CASE("what transform makes may be moved only", "[dstream][transform]")
{
    const auto boxed = transform([](const Ints& batch) {
        std::vector<std::unique_ptr<int>> boxes;
        for (const int x : batch) {
            boxes.push_back(std::make_unique<int>(x));
        }
        return boxes;
    });
    const auto unboxed = map([](const std::unique_ptr<int>& box) { return *box; });
    CHECK(runBatches(Batches<int>{{1, 2}}, boxed | unboxed).batches == Batches<int>{{1, 2}});
}

TEST_CASE("views that transform makes stay good, whether they borrow or were copied",
    "[dstream][transform][dangling]")
{
    using Texts = Batch<std::string>;
    const Batches<std::string> in{{"to be", std::string(40, 'x')}, {"short"}};
    const Batches<std::string_view> expected{{"to be", in[0][1]}, {"short"}};
    const auto viewed = [](const Texts& batch) {
        return std::vector<std::string_view>(batch.begin(), batch.end());
    };
    const auto buffered = [buffer = std::vector<std::string>{}](const Texts& batch) mutable {
        buffer.assign(batch.begin(), batch.end());
        return std::vector<std::string_view>(buffer.begin(), buffer.end());
    };
    const auto check = [&](const auto& transformed) {
        CHECK(runBatches(in, transformed, {.partitions = 2}).batches == expected);
        const auto copied = map([](const std::string& text) { return text + ""; });
        const auto out = runBatches(in, copied | transformed | sluice::cache(), {.partitions = 2});
        CHECK(out.batches == expected);
        CHECK(evaluate(copied | transformed, in[0]) == expected[0]);
    };
    check(transform(viewed));
    check(transform(sluice::borrows(viewed)));
    check(transform(buffered));

    const auto sameViews = transform([](const Batch<std::string_view>& batch) { return batch; });
    CHECK(runBatches(in, map(sluice::borrows([](const std::string& text) {
        return std::string_view{text};
    })) | sameViews)
              .batches == expected);
}

TEST_CASE("a function of transform that throws fails the batch and is not called again",
    "[dstream][transform][errors]")
{
    int calls = 0;
    const auto eager = transform([&calls](const Ints& batch) {
        ++calls;
        return *batch.begin() == 13 ? throw std::domain_error{"13"} : batch;
    });
    const auto lazy = transform([&calls](const Ints& batch) {
        ++calls;
        return batch | std::views::transform(
                           [](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
    });
    const auto check = [&calls](const auto& transformed) {
        calls = 0;
        const auto out =
            runBatches(Batches<int>{{1}, {13}, {2}}, transformed, {.maxTaskFailures = 4});
        CHECK(calls == 2);
        CHECK(out.batches == Batches<int>{{1}});
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == "transform");
        CHECK(out.failure->batchIndex == 1);
        CHECK_THROWS_AS(evaluate(transformed, {13}), std::domain_error);

        const auto going = runBatches(Batches<int>{{1}, {13}, {2}}, transformed,
            {.onBatchFailure = sluice::OnBatchFailure::proceed});
        CHECK(going.batches == Batches<int>{{1}, {2}});
    };
    check(eager);
    check(lazy);
}
