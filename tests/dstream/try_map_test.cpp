#include <sluice/dstream/try_map.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::DStream, sluice::Failed, sluice::map, sluice::tryMap;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
int parse(std::string_view text)
{
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') { throw std::invalid_argument{"no number"}; }
        number = number * 10 + (c - '0');
    }
    return number;
}

using Parse = decltype(tryMap(parse));
static_assert(Accepts<Parse, std::string>);
static_assert(!Accepts<Parse, int>);
static_assert(!Accepts<decltype(tryMap([](const auto&) { return 1; })), std::unique_ptr<int>>);
static_assert(sluice::Owning<Failed<std::string>>);
static_assert(!sluice::Owning<Failed<std::string_view>>);

template <class T>
std::shared_ptr<Batches<T>> collect(const DStream<T>& stream)
{
    auto seen = std::make_shared<Batches<T>>();
    stream | sluice::foreachBatch([seen](const sluice::Batch<T>& batch) {
        seen->emplace_back(batch.begin(), batch.end());
    });
    return seen;
}

/// The failed records as text, with what is said of them.
template <class T>
auto described(const DStream<Failed<T>>& failed)
{
    return collect<std::string>(failed | map([](const Failed<T>& each) {
        return std::string{each.record} + ": " + each.message;
    }));
}

void run(TestEngine& engine, std::size_t batches)
{
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < batches; ++i) {
        engine.nextBatch();
    }
}
} // namespace

TEST_CASE("tryMap sends what its function throws for another way", "[dstream][tryMap]")
{
    TestEngine engine{{}};
    const auto lines = sluice::queueStream(
        engine.runtime(), sluice::BatchQueue<std::string>{{"1", "two", "3"}, {}, {"four"}});
    // [example]
    auto [parsed, failed] = lines | tryMap(parse);
    // [example]
    const auto good = collect(parsed);
    const auto bad = described(failed);
    run(engine, 3);
    CHECK(*good == Batches<int>{{1, 3}, {}, {}});
    CHECK(*bad == Batches<std::string>{{"two: no number"}, {}, {"four: no number"}});
}

TEST_CASE("tryMap loses no record at any parallelism", "[dstream][tryMap][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto half = [](int x) { return x % 2 == 0 ? x / 2 : throw std::domain_error{"odd"}; };
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto records = random.numbers();
        TestEngine engine{{.parallelism = n}};
        sluice::BatchQueue<int> queue;
        queue.pushPartitions(sluice::testing::detail::cutInto(records, n));
        auto [halves, odd] = sluice::queueStream(engine.runtime(), queue) | tryMap(half);
        const auto good = collect(halves);
        const auto bad = collect<int>(odd | map(&Failed<int>::record));
        run(engine, 1);
        std::vector<int> evenExpected;
        std::vector<int> oddExpected;
        for (const int x : records) {
            if (x % 2 == 0) {
                evenExpected.push_back(x / 2);
            } else {
                oddExpected.push_back(x);
            }
        }
        CHECK(good->front() == evenExpected);
        CHECK(bad->front() == oddExpected);
    }
}

TEST_CASE("a failed record comes with the exception itself", "[dstream][tryMap][errors]")
{
    TestEngine engine{{}};
    const auto numbers = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 2, 3}});
    auto [made, failed] = numbers | tryMap([](int x) -> int {
        if (x == 2) { throw 7; }
        throw std::out_of_range{std::to_string(x)};
    });
    std::vector<int> thrown;
    std::vector<std::string> messages;
    failed | sluice::foreachBatch([&](const sluice::Batch<Failed<int>>& batch) {
        for (const auto& each : batch) {
            messages.push_back(each.message);
            try {
                std::rethrow_exception(each.error);
            } catch (int number) {
                thrown.push_back(number);
            } catch (const std::out_of_range&) {
                thrown.push_back(-each.record);
            }
        }
    });
    run(engine, 1);
    CHECK(thrown == std::vector{-1, 7, -3});
    CHECK(messages == std::vector<std::string>{"1", "unknown exception", "3"});
    CHECK(failed.explain() == "stage 0: queueStream\n"
                              "stage 1: tryMap  <- stage 0\n"
                              "stage 3: tryMap[1]  <- stage 1\n");
}

TEST_CASE("views in failed records and results stay good", "[dstream][tryMap][dangling]")
{
    const auto unknown = sluice::flatMap([](std::string_view text) { return sluice::words(text); });
    const auto noX = sluice::borrows([](std::string_view word) {
        return word.starts_with('x') ? throw std::domain_error{"x"} : word;
    });
    TestEngine engine{{}};
    const sluice::BatchQueue<std::string> queue{
        {"to be " + std::string(40, 'y'), "x" + std::string(40, 'z')}, {"gone"}};
    const auto lines = sluice::queueStream(engine.runtime(), queue);
    auto [copied, copiedFailed] = lines | unknown | tryMap(noX);
    auto [borrowed, borrowedFailed] = lines | sluice::flatMap(sluice::words) | tryMap(noX);
    std::vector<sluice::Batch<std::string_view>> kept;
    std::vector<sluice::Batch<Failed<std::string_view>>> keptFailed;
    for (const auto& stream : {copied, borrowed}) {
        stream | sluice::foreachBatch([&](const sluice::Batch<std::string_view>& batch) {
            if (batch.metadata().index == 0) { kept.push_back(batch); }
        });
    }
    // Behind a function that the library knows nothing of, and a boundary.
    const auto passedOn = [](const Failed<std::string_view>& each) { return each; };
    for (const DStream<Failed<std::string_view>>& stream :
        {copiedFailed, borrowedFailed, copiedFailed | map(passedOn) | sluice::cache()}) {
        stream | sluice::foreachBatch([&](const sluice::Batch<Failed<std::string_view>>& batch) {
            if (batch.metadata().index == 0) { keptFailed.push_back(batch); }
        });
    }
    run(engine, 3);
    REQUIRE(kept.size() == 2);
    for (const auto& batch : kept) {
        CHECK(std::vector<std::string>(batch.begin(), batch.end()) ==
              std::vector<std::string>{"to", "be", std::string(40, 'y')});
    }
    REQUIRE(keptFailed.size() == 3);
    for (const auto& batch : keptFailed) {
        REQUIRE(batch.size() == 1);
        CHECK(batch.begin()->record == "x" + std::string(40, 'z'));
    }
}

TEST_CASE("what the chain before tryMap throws fails the batch", "[dstream][tryMap][errors]")
{
    TestEngine engine{{.maxTaskFailures = 1}};
    const auto numbers = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1}, {13}});
    auto [made, failed] = numbers |
                          map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; }) |
                          tryMap([](int x) { return x; });
    const auto good = collect(made);
    const auto bad = collect(failed);
    run(engine, 2);
    CHECK(*good == Batches<int>{{1}});
    CHECK(bad->size() == 1);
    engine.stop(sluice::Stop::now);
    const auto failure = sluice::testing::detail::failureOf(engine.runtime());
    REQUIRE(failure);
    CHECK(failure->operatorName == "map");
}

TEST_CASE("results of tryMap may be of a type that only moves", "[dstream][tryMap]")
{
    TestEngine engine{{}};
    const auto numbers = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 2}});
    auto [boxes, failed] = numbers | tryMap([](int x) { return std::make_unique<int>(x); });
    const auto seen =
        collect<int>(boxes | map([](const std::unique_ptr<int>& box) { return *box; }));
    run(engine, 1);
    CHECK(*seen == Batches<int>{{1, 2}});
}
