#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/map_partitions.hpp>
#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/engine/metrics.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What OnRecordFailure::skip does, and what it leaves alone.

using sluice::filter, sluice::flatMap, sluice::map, sluice::OnRecordFailure, sluice::tap;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
struct Outcome {
    Batches<std::string> batches;
    std::vector<std::size_t> skipped; // of each batch, over all stages
    std::string firstSkipped;
    std::optional<sluice::testing::RunFailure> failure;
};

/// Runs a pipeline that makes text of its input, and says what it skipped.
template <class T, class Op>
Outcome run(const Batches<T>& in, const Op& pipeline, sluice::Options options = {})
{
    options.onRecordFailure = OnRecordFailure::skip;
    TestEngine engine{options};
    sluice::BatchQueue<T> queue;
    for (const auto& records : in) {
        queue.pushPartitions(sluice::testing::detail::cutInto(
            records, std::max<std::size_t>(options.parallelism, 1)));
    }
    Outcome outcome;
    const auto stream = sluice::queueStream(engine.runtime(), queue) | pipeline;
    using U = typename decltype(stream)::Record;
    stream | sluice::foreachBatch([&outcome](const sluice::Batch<U>& batch) {
        auto& texts = outcome.batches.emplace_back();
        for (const U& record : batch) {
            texts.push_back(std::to_string(record));
        }
    });
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < in.size(); ++i) {
        engine.nextBatch();
    }
    for (const auto& event : engine.runtime().events().since(0)) {
        if (const auto* batch = std::get_if<sluice::BatchCompleted>(&event)) {
            std::size_t skipped = 0;
            for (const auto& stage : batch->stages) {
                skipped += stage.recordsSkipped;
                if (outcome.firstSkipped.empty()) { outcome.firstSkipped = stage.firstSkipped; }
            }
            outcome.skipped.push_back(skipped);
        }
    }
    engine.stop(sluice::Stop::now);
    outcome.failure = sluice::testing::detail::failureOf(engine.runtime());
    return outcome;
}

const auto no13 = [](int x) { return x == 13 ? throw std::domain_error{"unlucky"} : x; };
using Counts = std::vector<std::size_t>;
using Texts = Batches<std::string>;
} // namespace

TEST_CASE(
    "a poison record is skipped and counted, and the others of its batch go on", "[engine][skip]")
{
    // [example]
    const auto out = run(Batches<int>{{1, 13, 2}, {}, {13}, {3}}, map(no13));
    CHECK(out.batches == Texts{{"1", "2"}, {}, {}, {"3"}});
    CHECK(out.skipped == Counts{1, 0, 1, 0});
    // [example]
    CHECK(out.firstSkipped == "map: unlucky");
    CHECK_FALSE(out.failure);
}

TEST_CASE("records are skipped at any parallelism", "[engine][skip][partitions]")
{
    for (const std::size_t n : {1U, 2U, 3U, 8U}) {
        CAPTURE(n);
        std::vector<int> in(40'000);
        Texts expected(1);
        for (std::size_t i = 0; i < in.size(); ++i) {
            in[i] = static_cast<int>(i % 100);
            if (in[i] != 13) { expected[0].push_back(std::to_string(in[i])); }
        }
        const auto out = run(Batches<int>{in}, map(no13), {.parallelism = n});
        CHECK(out.batches == expected);
        CHECK(out.skipped == Counts{400});
    }
}

TEST_CASE("every narrow operator can skip", "[engine][skip]")
{
    const Batches<int> in{{1, 13, 2}};
    const Texts expected{{"1", "2"}};
    CHECK(run(in, filter([](int x) { return no13(x) > 0; })).batches == expected);
    CHECK(run(in, tap([](int x) { (void)no13(x); })).batches == expected);
    CHECK(run(in, flatMap([](int x) { return std::vector{no13(x)}; })).batches == expected);
    const auto keyed = map([](int x) { return std::pair{x, x}; });
    const auto value = map([](const std::pair<int, int>& each) { return each.second; });
    CHECK(run(in, keyed | sluice::mapValues(no13) | value).batches == expected);
    CHECK(run(in, keyed | sluice::flatMapValues([](int x) { return std::vector{no13(x)}; }) | value)
              .batches == expected);
}

TEST_CASE(
    "behind a flatMap one element is skipped, not the record that it came from", "[engine][skip]")
{
    const auto length = map([](std::string_view word) {
        return word == "bad" ? throw std::domain_error{"bad"} : static_cast<int>(word.size());
    });
    const Batches<std::string> in{{"a bad day", "bad bad"}, {"ok"}};
    const Texts expected{{"1", "3"}, {"2"}};
    for (const auto& out :
        {run(in, flatMap(sluice::words) | length), run(in, flatMap([](const std::string& line) {
             std::vector<std::string> words;
             for (const std::string_view word : sluice::words(line)) {
                 words.emplace_back(word);
             }
             return words;
         }) | length),
            run(in, flatMap([](const std::string& line) {
                return sluice::words(line) |
                       std::views::transform([](std::string_view word) { return word; });
            }) | length)}) {
        CHECK(out.batches == expected);
        CHECK(out.skipped == Counts{3, 0});
    }
}

TEST_CASE(
    "what a lazy range made before it threw stays, and the record counts once", "[engine][skip]")
{
    const auto upTo = flatMap([](int n) {
        return std::views::iota(1, n + 1) | std::views::transform([](int x) {
            return x == 3 ? throw std::domain_error{"3"} : x;
        });
    });
    const auto out = run(Batches<int>{{1, 5, 2}}, upTo);
    CHECK(out.batches == Texts{{"1", "1", "2", "1", "2"}});
    CHECK(out.skipped == Counts{1});
}

TEST_CASE("one pair of a join is skipped, not all of its key", "[engine][skip]")
{
    TestEngine engine{{.onRecordFailure = OnRecordFailure::skip}};
    using Pairs = sluice::BatchQueue<std::pair<int, int>>;
    const auto left = sluice::queueStream(engine.runtime(), Pairs{{{1, 10}, {1, 13}}});
    const auto right = sluice::queueStream(engine.runtime(), Pairs{{{1, 1}, {1, 2}}});
    std::vector<int> seen;
    left | sluice::join(right) |
        map([](const auto& joined) { return no13(joined.second.first) + joined.second.second; }) |
        sluice::foreachBatch(
            [&](const sluice::Batch<int>& batch) { seen.assign(batch.begin(), batch.end()); });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    std::ranges::sort(seen);
    CHECK(seen == std::vector{11, 12});
}

TEST_CASE("a chain that ends in a table, a fold or a printer skips too", "[engine][skip]")
{
    const auto counted = map(no13) | map([](int x) {
        return std::pair{x % 2, 1};
    }) | sluice::reduceByKey([](int a, int b) { return a + b; }) |
                         map([](const std::pair<int, int>& each) { return each.second; });
    const auto out = run(Batches<int>{{1, 13, 3, 5}}, counted);
    CHECK(out.batches == Texts{{"3"}});
    CHECK(out.skipped == Counts{1});
    const auto sum = run(
        Batches<int>{{1, 13, 3}}, map(no13) | sluice::reduce([](int a, int b) { return a + b; }));
    CHECK(sum.batches == Texts{{"4"}});

    TestEngine engine{{.onRecordFailure = OnRecordFailure::skip}};
    std::ostringstream text;
    sluice::queueStream(engine.runtime(), sluice::BatchQueue<int>{{1, 13, 3}}) | map(no13) |
        sluice::print(text);
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(text.str().find("\n1\n3\n") != std::string::npos);
}

TEST_CASE("what is no narrow step still fails the batch", "[engine][skip][errors]")
{
    const auto fail = [](int, int) -> int { throw std::domain_error{"reduce"}; };
    const auto key = map([](int x) { return std::pair{0, x}; });
    const auto value = map([](const std::pair<int, int>& each) { return each.second; });
    for (const auto& [out, name] :
        {std::pair{run(Batches<int>{{1, 2, 3}}, sluice::reduce(fail)), "reduce"},
            std::pair{
                run(Batches<int>{{1, 2}}, key | sluice::reduceByKey(fail) | value), "reduceByKey"},
            std::pair{run(Batches<int>{{1}}, sluice::mapPartitions([](auto) -> std::vector<int> {
                          throw std::domain_error{"partition"};
                      })),
                "mapPartitions"}}) {
        REQUIRE(out.failure);
        CHECK(out.failure->operatorName == name);
        CHECK(out.skipped == Counts{0});
    }
}

TEST_CASE("a task that is tried again counts what it skips once", "[engine][skip][errors]")
{
    const auto state = std::make_shared<int>(0);
    const auto fails = [state](int a, int b) {
        if (++*state == 1) { throw std::domain_error{"once"}; }
        return a + b;
    };
    const auto out = run(Batches<int>{{1, 13, 2, 3}}, map(no13) | sluice::reduce(fails));
    CHECK(out.batches == Texts{{"6"}});
    CHECK(out.skipped == Counts{1});
    CHECK_FALSE(out.failure);
}

TEST_CASE("skipped records are in the metrics of their operator", "[engine][skip][metrics]")
{
    sluice::Metrics metrics;
    sluice::BatchCompleted batch;
    auto& stage = batch.stages.emplace_back();
    stage.name = "cache";
    stage.recordsSkipped = 2;
    stage.firstSkipped = "map: unlucky";
    sluice::engine::count(metrics, batch);
    stage.recordsSkipped = 1;
    stage.firstSkipped = "map: again";
    sluice::engine::count(metrics, batch);
    stage.recordsSkipped = 0;
    stage.firstSkipped.clear();
    sluice::engine::count(metrics, batch);
    REQUIRE(metrics.operators.size() == 1);
    CHECK(metrics.operators[0].recordsSkipped == 3);
    CHECK(metrics.operators[0].lastSkipped == "map: again");
    CHECK(sluice::toPrometheus(metrics, "day")
              .find("sluice_operator_skipped_records_total{application=\"day\",operator=\"cache\","
                    "stage=\"0\"} 3\n") != std::string::npos);
}

TEST_CASE("evaluate skips nothing", "[engine][skip]")
{
    CHECK_THROWS_AS(sluice::evaluate(map(no13), {13}), std::domain_error);
}
