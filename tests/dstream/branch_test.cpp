#include <sluice/dstream/branch.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using sluice::Accepts, sluice::branch, sluice::DStream, sluice::filter, sluice::map;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
constexpr auto isSmall = [](int x) { return x < 10; };
constexpr auto isOdd = [](int x) { return x % 2 != 0; };
constexpr auto isText = [](const std::string& text) { return !text.empty(); };

using Small = decltype(branch(isSmall));
static_assert(Accepts<Small, int>);
static_assert(!Accepts<Small, std::string>);
static_assert(!Accepts<decltype(branch(isText)), int>);
static_assert(!Accepts<decltype(branch(isSmall, isText)), int>);
static_assert(!Accepts<decltype(branch([](const auto&) { return true; })), std::unique_ptr<int>>);

/// The records that come out of a stream, batch by batch.
template <class T>
std::shared_ptr<Batches<T>> collect(const DStream<T>& stream)
{
    auto seen = std::make_shared<Batches<T>>();
    stream | sluice::foreachBatch([seen](const sluice::Batch<T>& batch) {
        seen->emplace_back(batch.begin(), batch.end());
    });
    return seen;
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

TEST_CASE("branch gives each record to the first predicate that holds", "[dstream][branch]")
{
    TestEngine engine{{}};
    const auto numbers =
        sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 20, 3, 15, 8}, {}, {40}});
    // [example]
    auto [small, odd, rest] = numbers | branch(isSmall, isOdd);
    // [example]
    const auto smallSeen = collect(small);
    const auto oddSeen = collect(odd);
    const auto restSeen = collect(rest);
    run(engine, 3);
    CHECK(*smallSeen == Batches<int>{{1, 3, 8}, {}, {}});
    CHECK(*oddSeen == Batches<int>{{15}, {}, {}});
    CHECK(*restSeen == Batches<int>{{20}, {}, {40}});
}

TEST_CASE("the branches of a stream are its records, each once, at any parallelism",
    "[dstream][branch][partitions]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto records = random.numbers();
        TestEngine engine{{.parallelism = n}};
        sluice::BatchQueue<int> queue;
        queue.pushPartitions(sluice::testing::detail::cutInto(records, n));
        auto streams = sluice::queueStream(engine.runtime(), queue) |
                       map([](int x) { return x + 1; }) | branch(isSmall, isOdd);
        std::vector<std::shared_ptr<Batches<int>>> seen;
        for (const auto& stream : streams) {
            seen.push_back(collect(stream));
        }
        run(engine, 1);
        Batches<int> expected(3);
        for (const int x : records) {
            const int y = x + 1;
            expected[isSmall(y) ? 0 : isOdd(y) ? 1 : 2].push_back(y);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(seen[i]->front() == expected[i]);
        }
    }
}

TEST_CASE("branch runs the chain before it once, and keeps the partitions", "[dstream][branch]")
{
    TestEngine engine{{}};
    sluice::BatchQueue<int> queue;
    queue.pushPartitions({{1, 2}, {}, {30}});
    std::size_t calls = 0;
    auto [small, rest] = sluice::queueStream(engine.runtime(), queue) |
                         sluice::tap([&calls](int) { ++calls; }) | branch(isSmall);
    std::vector<std::size_t> sizes;
    for (const auto& stream : {small, rest, small}) {
        stream | sluice::foreachBatch([&](const sluice::Batch<int>& batch) {
            for (const auto& partition : batch.partitions()) {
                sizes.push_back(partition.size());
            }
        });
    }
    CHECK(small.explain() == "stage 0: queueStream\n"
                             "stage 1: tap | branch  <- stage 0\n"
                             "stage 2: branch[0]  <- stage 1\n");
    run(engine, 1);
    CHECK(calls == 3);
    CHECK(sizes == std::vector<std::size_t>{2, 0, 0, 0, 0, 1, 2, 0, 0});
}

TEST_CASE("views among the records of a branch stay good", "[dstream][branch][dangling]")
{
    const auto isLong = [](std::string_view word) { return word.size() > 3; };
    const auto unknown = sluice::flatMap([](std::string_view text) { return sluice::words(text); });
    TestEngine engine{{}};
    sluice::BatchQueue<std::string> queue{{"to be or", "not " + std::string(40, 'x')}, {"gone"}};
    const auto lines = sluice::queueStream(engine.runtime(), queue);
    auto [longCopied, shortCopied] = lines | unknown | branch(isLong);
    auto [longBorrowed, shortBorrowed] = lines | sluice::flatMap(sluice::words) | branch(isLong);
    std::vector<sluice::Batch<std::string_view>> kept;
    for (const auto& stream : {longCopied, shortCopied, longBorrowed, shortBorrowed}) {
        stream | sluice::foreachBatch([&](const sluice::Batch<std::string_view>& batch) {
            if (batch.metadata().index == 0) { kept.push_back(batch); }
        });
    }
    run(engine, 3);
    REQUIRE(kept.size() == 4);
    for (const std::size_t i : {0U, 2U}) {
        CHECK(std::vector<std::string_view>(kept[i].begin(), kept[i].end()) ==
              std::vector<std::string_view>{std::string(40, 'x')});
        CHECK(std::vector<std::string_view>(kept[i + 1].begin(), kept[i + 1].end()) ==
              std::vector<std::string_view>{"to", "be", "or", "not"});
    }
}

TEST_CASE("a predicate that throws fails the batch in the name of branch, for all its streams",
    "[dstream][branch][errors]")
{
    TestEngine engine{{.maxTaskFailures = 2}};
    const auto numbers = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1}, {13}});
    auto [small, rest] =
        numbers | branch([](int x) { return x == 13 ? throw std::domain_error{"13"} : x < 10; });
    const auto smallSeen = collect(small);
    const auto restSeen = collect(rest);
    run(engine, 2);
    CHECK(*smallSeen == Batches<int>{{1}});
    CHECK(*restSeen == Batches<int>{{}});
    engine.stop(sluice::Stop::now);
    const auto failure = sluice::testing::detail::failureOf(engine.runtime());
    REQUIRE(failure);
    CHECK(failure->operatorName == "branch");
    CHECK(failure->batchIndex == 1);
}

TEST_CASE("branch takes member pointers and works in a pipeline", "[dstream][branch]")
{
    struct Line {
        bool error = false;
        int number = 0;
    };
    TestEngine engine{{}};
    const auto numbers = sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 2, 3}});
    auto [errors, rest] = numbers | (map([](int x) {
        return Line{x == 2, x};
    }) | branch(&Line::error));
    const auto seen = collect<int>(errors | map(&Line::number));
    const auto others = collect<int>(rest | map(&Line::number));
    run(engine, 1);
    CHECK(*seen == Batches<int>{{2}});
    CHECK(*others == Batches<int>{{1, 3}});
}
