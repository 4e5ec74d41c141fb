#include <sluice/dstream/table.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/dstream/join_table.hpp>
#include <sluice/dstream/windows/window.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/deterministic_executor.hpp>
#include <sluice/testing/manual_clock.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

using sluice::Table;
using sluice::testing::DeterministicExecutor, sluice::testing::ManualClock;
using sluice::testing::TestEngine;
using namespace std::chrono_literals;

namespace {
/// What a stream of the key 1 finds in `table`, batch by batch.
struct Watched {
    explicit Watched(sluice::Options options = {}) : engine{std::move(options)} {}

    void watch(const Table<int, int>& table)
    {
        sluice::queueStream(engine.runtime(), queue) | sluice::joinTable(table) |
            sluice::foreachBatch([this](const auto& batch) {
                for (const auto& [key, both] : batch) {
                    seen.push_back(both.second);
                }
            });
        engine.runtime().start();
        engine.executor().run();
    }

    void nextBatch()
    {
        queue.push({{1, 0}});
        engine.nextBatch();
    }

    TestEngine engine;
    sluice::BatchQueue<std::pair<int, int>> queue;
    std::vector<int> seen;
};

std::vector<sluice::ReceiverError> errorsOf(TestEngine& engine)
{
    std::vector<sluice::ReceiverError> errors;
    for (const auto& event : engine.runtime().events().since(0)) {
        if (const auto* error = std::get_if<sluice::ReceiverError>(&event)) {
            errors.push_back(*error);
        }
    }
    return errors;
}
} // namespace

TEST_CASE("a table is made of any range of keyed records", "[dstream][table]")
{
    CHECK(Table{std::map<int, std::string>{{1, "a"}, {2, "b"}}}.size() == 2);
    CHECK(Table{std::unordered_map<std::string, int>{{"a", 1}}}.size() == 1);
    CHECK(Table{std::vector<std::tuple<int, int>>{{1, 1}, {1, 2}}}.size() == 1);
    Table<std::string, std::string> texts;
    CHECK(texts.size() == 0);
    texts.set(std::vector<std::pair<std::string_view, const char*>>{{"a", "b"}});
    CHECK(texts.size() == 1);
    auto handle = texts;
    handle.set({});
    CHECK(texts.size() == 0); // one table
}

TEST_CASE("a table that cannot be filled stays as it was", "[dstream][table][errors]")
{
    struct Fussy {
        explicit Fussy(int number) : value{number}
        {
            if (number == 13) { throw std::domain_error{"13"}; }
        }
        int value;
    };
    static_assert(std::copyable<Fussy>);
    Table<int, int> table{{1, 1}, {2, 2}};
    const auto rows = std::views::iota(12, 14) | std::views::transform([](int x) {
        return std::pair{x, Fussy{x}.value};
    });
    CHECK_THROWS_AS(table.set(rows), std::domain_error);
    CHECK(table.size() == 2);
}

TEST_CASE("a table is refreshed at once and then at intervals", "[dstream][table][refreshEvery]")
{
    Watched watched{{.batchInterval = 100s}};
    auto& context = watched.engine.runtime();
    int loads = 0;
    const auto loadUsers = [&loads] { return std::map<int, int>{{1, ++loads}}; };
    // [example]
    Table<int, int> users;
    users.refreshEvery(context, 5min, loadUsers);
    // [example]
    CHECK(loads == 1);
    watched.watch(users);
    for (int i = 0; i < 7; ++i) {
        watched.nextBatch();
    }
    watched.engine.stop(sluice::Stop::graceful);
    CHECK(loads == 3);
    REQUIRE(watched.seen.size() == 7);
    CHECK(watched.seen[1] == 1);
    CHECK(watched.seen[3] == 2);
    CHECK(watched.seen[6] >= 2);
    CHECK(errorsOf(watched.engine).empty());
}

TEST_CASE("a refresh that fails is reported and leaves the table as it was",
    "[dstream][table][refreshEvery][errors]")
{
    Watched watched;
    int loads = 0;
    Table<int, int> table;
    table.refreshEvery(
        watched.engine.runtime(), 1s,
        [&loads] {
            if (++loads == 2) { throw std::runtime_error{"no users"}; }
            if (loads == 3) { throw 7; }
            return std::vector<std::pair<int, int>>{{1, loads}};
        },
        "users");
    watched.watch(table);
    watched.nextBatch();
    watched.nextBatch();
    watched.nextBatch();
    watched.nextBatch();
    CHECK(watched.seen[2] == 1);
    watched.nextBatch();
    CHECK(watched.seen[4] >= 4);
    const auto errors = errorsOf(watched.engine);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].name == "users");
    CHECK(errors[0].message == "the table stays as it was, refreshEvery(interval, load): no users");
    CHECK(errors[1].message ==
          "the table stays as it was, refreshEvery(interval, load): unknown exception");
    watched.engine.stop(sluice::Stop::now);
    CHECK_NOTHROW(watched.engine.runtime().awaitTermination());
}

TEST_CASE(
    "refreshEvery refuses what cannot work at the call", "[dstream][table][refreshEvery][errors]")
{
    Watched watched;
    Table<int, int> table{{1, 5}};
    auto& runtime = watched.engine.runtime();
    const auto load = [] { return std::vector<std::pair<int, int>>{}; };
    CHECK_THROWS_WITH(table.refreshEvery(runtime, 0s, load),
        "sluice: refreshEvery(context, interval, load): "
        "interval 0 ms given, must be at least 1 ms");
    const auto fails = []() -> std::vector<std::pair<int, int>> { throw std::domain_error{"no"}; };
    CHECK_THROWS_AS(table.refreshEvery(runtime, 1s, fails), std::domain_error);
    watched.watch(table);
    CHECK_THROWS_AS(table.refreshEvery(runtime, 1s, load), sluice::Error);
    watched.nextBatch();
    CHECK(watched.seen == std::vector{5});
    CHECK(errorsOf(watched.engine).empty());
}

TEST_CASE("a table need not be refreshed ever again", "[dstream][table][refreshEvery]")
{
    Watched watched;
    int loads = 0;
    Table<int, int> table;
    table.refreshEvery(watched.engine.runtime(), sluice::Duration::max(), [&loads] {
        return std::vector<std::pair<int, int>>{{1, ++loads}};
    });
    watched.watch(table);
    watched.nextBatch();
    CHECK(watched.seen == std::vector{1});
}

TEST_CASE("a table is refreshed while a batch outlives its context",
    "[dstream][table][refreshEvery][errors]")
{
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        DeterministicExecutor executor{seed};
        const auto clock = std::make_shared<ManualClock>();
        sluice::Options options{.batchInterval = 1s};
        options.io = executor.executor();
        options.compute = executor.executor();
        options.clock = clock;
        auto runtime = std::make_unique<sluice::engine::Runtime>(options);
        const auto load = [loads = 0]() mutable {
            if (++loads > 1) { throw std::runtime_error{"no users"}; }
            return std::vector<std::pair<int, int>>{{1, 1}};
        };
        Table<int, int> table;
        table.refreshEvery(*runtime, 100ms, load);
        sluice::queueStream(*runtime, sluice::BatchQueue<std::pair<int, int>>{{{1, 1}}}) |
            sluice::joinTable(table) | sluice::foreachBatch([&](const auto&) {
                runtime.reset();
                clock->advance(1s);
            });
        runtime->start();
        executor.run();
        clock->advance(1s);
        executor.run();
        CHECK(runtime == nullptr);
    }
}

TEST_CASE("a table keeps what a batch saw no longer than its tasks run, whoever keeps the batch",
    "[dstream][table][window]")
{
    Watched watched;
    auto& runtime = watched.engine.runtime();
    runtime.remember(1h);
    std::vector<sluice::Batch<std::pair<int, int>>> kept;
    Table<int, std::shared_ptr<int>> table;
    const auto orders = sluice::queueStream(runtime, watched.queue);
    orders | sluice::joinTable(table) |
        sluice::map([](const auto& joined) { return *joined.second.second; }) |
        sluice::foreachBatch([&](const auto& batch) {
            watched.seen.insert(watched.seen.end(), batch.begin(), batch.end());
        });
    orders | sluice::window(100s) |
        sluice::foreachBatch([&](const auto& batch) { kept.push_back(batch); });
    watched.engine.start();
    std::vector<std::weak_ptr<int>> rows;
    for (int i = 0; i < 50; ++i) {
        auto row = std::make_shared<int>(i);
        rows.emplace_back(row);
        table.set({{1, std::move(row)}});
        watched.nextBatch();
    }
    CHECK(watched.seen.size() == 50);
    CHECK(watched.seen.back() == 49);
    CHECK(std::ranges::count_if(rows, [](const auto& row) { return !row.expired(); }) == 1);
}
