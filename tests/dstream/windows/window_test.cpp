#include <sluice/dstream/windows/window.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>
#include <sluice/dstream/union.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::BatchQueue, sluice::DStream, sluice::Duration,
    sluice::foreachBatch, sluice::Time, sluice::union_, sluice::window;
using sluice::testing::Batches, sluice::testing::runBatches, sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
static_assert(Accepts<sluice::Window, int>);
static_assert(Accepts<sluice::Window, std::string_view>);

/// The letters of each window, and when it came: "2:ab".
std::vector<std::string> lettersOf(Duration length, Duration slide, Duration start = 0ms)
{
    TestEngine engine{{}};
    engine.clock().advance(start);
    BatchQueue<char> queue;
    for (const char letter : std::string_view{"abcdefg"}) {
        queue.push({letter});
    }
    std::vector<std::string> seen;
    sluice::queueStream(engine.runtime(), queue) | window(length, slide) |
        foreachBatch([&](const Batch<char>& batch) {
            const auto since = batch.time().time_since_epoch() - start;
            seen.push_back(
                std::to_string(since / 1s) + ':' + std::string{batch.begin(), batch.end()});
        });
    engine.runtime().start();
    engine.executor().run();
    for (int i = 0; i < 7; ++i) {
        engine.nextBatch();
    }
    return seen;
}
} // namespace

TEST_CASE("window gives the last batches anew at every slide", "[dstream][window]")
{
    // [example]
    const Batches<char> letters{{'a'}, {'b'}, {'c'}, {'d'}}; // a batch a second
    const auto out = runBatches(letters, window(3s, 1s));
    CHECK(out.batches == Batches<char>{{'a'}, {'a', 'b'}, {'a', 'b', 'c'}, {'b', 'c', 'd'}});
    // [example]
    CHECK(runBatches(letters, window(3s)).batches == out.batches);
}

TEST_CASE("windows come at the slide, the first ones with what there is", "[dstream][window]")
{
    using Seen = std::vector<std::string>;
    CHECK(lettersOf(3s, 1s) == Seen{"1:a", "2:ab", "3:abc", "4:bcd", "5:cde", "6:def", "7:efg"});
    CHECK(lettersOf(3s, 2s) == Seen{"2:ab", "4:bcd", "6:def"});
    CHECK(lettersOf(2s, 2s) == Seen{"2:ab", "4:cd", "6:ef"});
    CHECK(lettersOf(1s, 3s) == Seen{"3:c", "6:f"});
    CHECK(lettersOf(6s, 3s) == Seen{"3:abc", "6:abcdef"});
    CHECK(lettersOf(1s, 1s) == Seen{"1:a", "2:b", "3:c", "4:d", "5:e", "6:f", "7:g"});
    CHECK(lettersOf(24h, 7s) == Seen{"7:abcdefg"});
}

TEST_CASE("slides count from the zero time, not from the epoch", "[dstream][window]")
{
    using Seen = std::vector<std::string>;
    CHECK(lettersOf(3s, 2s, 5s) == Seen{"2:ab", "4:bcd", "6:def"});
    CHECK(lettersOf(2s, 3s, 7s) == Seen{"3:bc", "6:ef"});
}

TEST_CASE("windows of windows slide by their own", "[dstream][window]")
{
    const Batches<int> in{{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}};
    const auto out = runBatches(in, window(2s, 2s) | window(4s, 4s));
    CHECK(out.batches == Batches<int>{{1, 2, 3, 4}, {5, 6, 7, 8}});
    const auto overlapping = runBatches(in, window(3s, 2s) | window(4s));
    CHECK(overlapping.batches ==
          Batches<int>{{1, 2}, {1, 2, 2, 3, 4}, {2, 3, 4, 4, 5, 6}, {4, 5, 6, 6, 7, 8}});
}

TEST_CASE("a window without records is an empty batch, still produced", "[dstream][window]")
{
    const auto out = runBatches(Batches<int>{{}, {1}, {}, {}, {}, {}}, window(2s, 2s));
    CHECK(out.batches == Batches<int>{{1}, {}, {}});
}

TEST_CASE("a window moves and copies no record", "[dstream][window]")
{
    TestEngine engine{{}};
    const BatchQueue<int> queue{{1, 2}, {3}};
    const auto ints = sluice::queueStream(engine.runtime(), queue);
    std::vector<const int*> made;
    std::vector<const int*> windowed;
    ints | foreachBatch([&](const Batch<int>& batch) { made.push_back(&*batch.begin()); });
    ints | window(2s) | foreachBatch([&](const Batch<int>& batch) {
        for (const auto& partition : batch.partitions()) {
            windowed.push_back(partition.records().data());
        }
    });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    engine.nextBatch();
    CHECK(windowed == std::vector{made[0], made[0], made[1]});
}

TEST_CASE("views in a window stay valid after the batch that they came in", "[dstream][window]")
{
    const Batches<std::string> in{
        {"one text that is long", "a"}, {"another text, long too"}, {"b"}};
    const auto fresh = sluice::map([](const std::string& text) { return text + "!"; });
    const auto out = runBatches(
        in, fresh | sluice::map([](const std::string& text) -> std::string_view { return text; }) |
                window(3s));
    REQUIRE(out.batches.size() == 3);
    CHECK(
        std::vector<std::string>(out.batches[2].begin(), out.batches[2].end()) ==
        std::vector<std::string>{"one text that is long!", "a!", "another text, long too!", "b!"});
}

TEST_CASE("a window lets go of a batch as soon as no window holds it", "[dstream][window]")
{
    TestEngine engine{{}};
    const auto marked = std::make_shared<int>(1);
    const BatchQueue<std::shared_ptr<int>> queue{{marked}, {}, {}, {}};
    sluice::queueStream(engine.runtime(), queue) | window(2s) |
        foreachBatch([](const Batch<std::shared_ptr<int>>&) {});
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(marked.use_count() > 1);
    engine.nextBatch();
    CHECK(marked.use_count() > 1);
    engine.nextBatch();
    CHECK(marked.use_count() == 1);
}

TEST_CASE("a window that nobody reads keeps nothing", "[dstream][window]")
{
    TestEngine engine{{}};
    const auto marked = std::make_shared<int>(1);
    const BatchQueue<std::shared_ptr<int>> queue{{marked}, {}};
    const auto pointers = sluice::queueStream(engine.runtime(), queue);
    const auto unread = pointers | window(1h);
    pointers | foreachBatch([](const Batch<std::shared_ptr<int>>&) {});
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(marked.use_count() == 1);
}

TEST_CASE("behind a window nothing runs between its slides", "[dstream][window]")
{
    TestEngine engine{{}};
    const BatchQueue<int> queue{{1}, {2}, {3}, {4}, {5}};
    const auto ints = sluice::queueStream(engine.runtime(), queue);
    int before = 0;
    int behind = 0;
    const auto windowed = ints | sluice::map([&](int x) { return ++before, x; }) | window(2s, 2s);
    CHECK(windowed.slideDuration() == 2s);
    windowed | sluice::map([&](int x) { return ++behind, x; }) | sluice::count() |
        foreachBatch([&](const Batch<std::int64_t>&) {});
    engine.runtime().start();
    engine.executor().run();
    for (int i = 0; i < 5; ++i) {
        engine.nextBatch();
    }
    CHECK(before == 5);
    CHECK(behind == 4);
    std::vector<std::size_t> stages;
    std::size_t outputs = 0;
    for (const auto& event : engine.runtime().events().since(0)) {
        if (const auto* done = std::get_if<sluice::BatchCompleted>(&event)) {
            stages.push_back(done->stages.size());
        }
        outputs += std::holds_alternative<sluice::OutputOperationCompleted>(event) ? std::size_t{1}
                                                                                   : std::size_t{0};
    }
    CHECK(stages == std::vector<std::size_t>{2, 6, 2, 6, 2});
    CHECK(outputs == 2);
}

TEST_CASE("windows with the same slide can be united, others cannot", "[dstream][window][errors]")
{
    TestEngine engine{{}};
    const BatchQueue<int> queue{{1}, {2}, {3}, {4}};
    const auto ints = sluice::queueStream(engine.runtime(), queue);
    Batches<int> seen;
    ints | window(2s, 2s) | union_(ints | window(1s, 2s)) |
        foreachBatch(
            [&](const Batch<int>& batch) { seen.emplace_back(batch.begin(), batch.end()); });
    CHECK_THROWS_WITH(ints | window(2s, 2s) | union_(ints),
        "sluice: union_: streams with different slides were given, a batch in every 2 and one in "
        "every 1; all must have the same (window them alike)");
    engine.runtime().start();
    engine.executor().run();
    for (int i = 0; i < 4; ++i) {
        engine.nextBatch();
    }
    CHECK(seen == Batches<int>{{1, 2, 2}, {3, 4, 4}});
}

TEST_CASE("a window of a union is the union of the windows", "[dstream][window][laws]")
{
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
        CAPTURE(seed);
        std::mt19937_64 random{seed};
        const auto times = [&] { return Duration{1000} * static_cast<int>(1 + random() % 4); };
        const Duration length = times();
        const Duration slide = times();
        Batches<int> in(10);
        for (auto& batch : in) {
            batch.resize(static_cast<std::size_t>(random() % 4));
            std::generate(
                batch.begin(), batch.end(), [&] { return static_cast<int>(random() % 9); });
        }
        const auto run = [&](auto build) {
            TestEngine engine{{}, seed};
            BatchQueue<int> queue;
            for (const auto& batch : in) {
                queue.push(batch);
            }
            Batches<int> seen;
            const auto ints = sluice::queueStream(engine.runtime(), queue);
            build(ints, ints | sluice::map(std::negate{})) |
                foreachBatch([&](const Batch<int>& batch) {
                    seen.emplace_back(batch.begin(), batch.end());
                    std::sort(seen.back().begin(), seen.back().end());
                });
            engine.runtime().start();
            engine.executor().run();
            for (std::size_t i = 0; i < in.size(); ++i) {
                engine.nextBatch();
            }
            return seen;
        };
        const auto windowed = window(length, slide);
        CHECK(
            run([&](const auto& a, const auto& b) { return a | union_(b) | windowed; }) ==
            run([&](const auto& a, const auto& b) { return a | windowed | union_(b | windowed); }));
    }
}

TEST_CASE("a window gives the same at any parallelism", "[dstream][window][parallel]")
{
    const Batches<int> in{{1, 2, 3}, {4, 5}, {}, {6, 7, 8, 9}};
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        const auto out = runBatches(
            in, window(3s, 2s) | sluice::reduce(std::plus{}), {.partitions = n, .parallelism = n});
        CHECK(out.batches == Batches<int>{{15}, {39}});
    }
}

TEST_CASE("a batch that failed is missing in the windows after it", "[dstream][window][errors]")
{
    const auto fussy = sluice::map([](int x) { return x == 2 ? throw std::domain_error{"2"} : x; });
    const auto out = runBatches(Batches<int>{{1}, {2}, {3}, {4}}, fussy | window(2s),
        {.onBatchFailure = sluice::OnBatchFailure::proceed});
    CHECK(out.batches == Batches<int>{{1}, {3}, {3, 4}});
}

TEST_CASE("window refuses what is no positive multiple of the stream's slide",
    "[dstream][window][errors]")
{
    TestEngine engine{{.batchInterval = 2s}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{});
    CHECK_THROWS_WITH(ints | window(7s, 2s),
        "sluice: window(windowLength, slideInterval): windowLength is 7000 ms, must be a positive "
        "multiple of the stream's own slide of 2000 ms");
    CHECK_THROWS_WITH(ints | window(4s, 3s),
        "sluice: window(windowLength, slideInterval): slideInterval is 3000 ms, must be a positive "
        "multiple of the stream's own slide of 2000 ms");
    CHECK_THROWS_AS(ints | window(0s), sluice::InvalidArgument);
    CHECK_THROWS_AS(ints | window(-2s), sluice::InvalidArgument);
    CHECK_THROWS_AS(ints | window(2s, 0s), sluice::InvalidArgument);
    CHECK_THROWS_AS(ints | window(2s, -4s), sluice::InvalidArgument);
    CHECK_THROWS_AS(ints | window(4s, 4s) | window(6s), sluice::InvalidArgument);
    CHECK_NOTHROW(ints | window(4s, 4s) | window(8s));
}

TEST_CASE("a window says in the plan how long it is and how often it comes", "[dstream][window]")
{
    TestEngine engine{{}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{});
    const auto plan = (ints | window(30s, 10s)).explain();
    CHECK(plan == "stage 0: queueStream\nstage 1: window(30000 ms, 10000 ms)  <- stage 0\n");
}
