#include <sluice/engine/stage_graph.hpp>

#include <sluice/engine/task_error.hpp>
#include <sluice/testing/deterministic_executor.hpp>

#include "engine/fake_stages.hpp"
#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::BatchMetadata, sluice::TaskError, sluice::Time;
using sluice::engine::BatchContext, sluice::engine::Crew, sluice::engine::Output;
using sluice::engine::StageGraph, sluice::engine::TaskContext;
using sluice::test::Diary, sluice::test::FakeStage, sluice::test::Script;
using sluice::testing::DeterministicExecutor;

namespace {
using Outputs = std::vector<std::shared_ptr<Output>>;

BatchContext batchAt(std::chrono::milliseconds time, std::size_t parallelism = 1)
{
    auto metadata = std::make_shared<BatchMetadata>();
    metadata->time = Time{time};
    return {std::move(metadata), parallelism};
}

StageGraph::Outcome runOnce(const Outputs& outputs, unsigned maxTaskFailures = 1)
{
    DeterministicExecutor executor;
    StageGraph graph{outputs, maxTaskFailures};
    const auto crew = std::make_shared<Crew>(executor.executor(), 1, 0us);
    auto outcome =
        asio::co_spawn(executor.executor(), graph.run(batchAt(1500ms), crew), asio::use_future);
    executor.run();
    return outcome.get();
}

/// Runs batches on real threads; says how many went well.
asio::awaitable<int> runSome(
    StageGraph& graph, std::shared_ptr<Crew> crew, std::size_t threads, int batches)
{
    int good = 0;
    for (int i = 0; i < batches; ++i) {
        const auto outcome =
            co_await graph.run(batchAt(std::chrono::milliseconds{i}, threads), crew);
        good += outcome.failure ? 0 : 1;
    }
    co_return good;
}

std::size_t at(const Diary& diary, const std::string& entry)
{
    return static_cast<std::size_t>(std::find(diary.begin(), diary.end(), entry) - diary.begin());
}

Script throwing(std::size_t times, std::size_t tasks = 1)
{
    auto left = std::make_shared<std::size_t>(times);
    Script script;
    script.tasks = tasks;
    script.task = [left, tasks](std::size_t task, TaskContext& context) {
        context.partition = 10 + task;
        if (task + 1 == tasks && *left > 0) {
            --*left;
            throw std::domain_error{"bad record"};
        }
    };
    return script;
}

std::string textOf(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
}
} // namespace

TEST_CASE("a stage runs after its inputs and once, however many read it", "[engine][stage_graph]")
{
    Diary diary;
    const auto source = std::make_shared<FakeStage>("source", FakeStage::Inputs{}, diary);
    const auto left = std::make_shared<FakeStage>("left", FakeStage::Inputs{source}, diary);
    const auto right = std::make_shared<FakeStage>("right", FakeStage::Inputs{source}, diary);
    const auto join = std::make_shared<FakeStage>("join", FakeStage::Inputs{left, right}, diary);
    const auto other = std::make_shared<FakeStage>("other", FakeStage::Inputs{left}, diary);
    const auto outcome = runOnce({join, other});
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.stages.size() == 5);
    for (const char* name : {"source", "left", "right", "join", "other"}) {
        CAPTURE(name);
        const std::string opened = std::string{"open "} + name;
        CHECK(std::count(diary.begin(), diary.end(), opened) == 1);
    }
    CHECK(at(diary, "close source") < at(diary, "open left"));
    CHECK(at(diary, "close left") < at(diary, "open join"));
    CHECK(at(diary, "close right") < at(diary, "open join"));
    CHECK(at(diary, "commit join") < at(diary, "commit other"));
    CHECK(at(diary, "commit other") < at(diary, "release source"));
}

TEST_CASE("a task that fails is run again on the same input", "[engine][stage_graph][errors]")
{
    Diary diary;
    const auto stage =
        std::make_shared<FakeStage>("fussy", FakeStage::Inputs{}, diary, throwing(2));
    const auto outcome = runOnce({stage}, 3);
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.stages.front().retries == 2);
    CHECK(diary == Diary{"open fussy", "close fussy", "commit fussy", "release fussy"});
}

TEST_CASE("a failure says where, when and after how many attempts", "[engine][stage_graph][errors]")
{
    Diary diary;
    const auto stage =
        std::make_shared<FakeStage>("fussy", FakeStage::Inputs{}, diary, throwing(9, 3));
    const auto outcome = runOnce({stage}, 2);
    REQUIRE(outcome.failure);
    CHECK(outcome.stages.front().failed);
    CHECK(diary == Diary{"open fussy", "release fussy"});
    try {
        std::rethrow_exception(outcome.failure);
    } catch (const TaskError& error) {
        CHECK(error.operatorName() == "fussy");
        CHECK(error.batchTime() == Time{1500ms});
        CHECK(error.partition() == 12);
        CHECK(std::string{error.what()} ==
              "sluice: fussy failed in batch 1500 ms, partition 12, after 2 attempts: bad record");
        CHECK_THROWS_AS(std::rethrow_if_nested(error), std::domain_error);
    }
}

TEST_CASE("outputs that the failed stage does not feed commit, in order of registration",
    "[engine][stage_graph][errors]")
{
    Diary diary;
    const auto good = std::make_shared<FakeStage>("good", FakeStage::Inputs{}, diary);
    const auto bad = std::make_shared<FakeStage>("bad", FakeStage::Inputs{}, diary, throwing(1));
    const auto behind = std::make_shared<FakeStage>("behind", FakeStage::Inputs{bad}, diary);
    const auto a = std::make_shared<FakeStage>("a", FakeStage::Inputs{good}, diary);
    const auto b = std::make_shared<FakeStage>("b", FakeStage::Inputs{good, behind}, diary);
    const auto c = std::make_shared<FakeStage>("c", FakeStage::Inputs{good}, diary);
    const auto outcome = runOnce({a, b, c});
    REQUIRE(outcome.failure);
    CHECK(at(diary, "commit a") < at(diary, "commit c"));
    CHECK(at(diary, "commit c") < diary.size());
    CHECK(at(diary, "commit b") == diary.size());
    CHECK(at(diary, "open behind") == diary.size());
    CHECK(at(diary, "release behind") < diary.size());
    const auto skipped = std::count_if(outcome.stages.begin(), outcome.stages.end(),
        [](const sluice::StageReport& report) { return report.skipped; });
    CHECK(skipped == 2);
}

TEST_CASE("what throws outside of tasks fails the batch too", "[engine][stage_graph][errors]")
{
    const auto fail = [] { throw std::runtime_error{"no"}; };
    Script script;
    SECTION("on opening")
    {
        script.open = fail;
    }
    SECTION("on closing")
    {
        script.close = fail;
    }
    SECTION("on commit")
    {
        script.commit = fail;
    }
    Diary diary;
    const auto bad = std::make_shared<FakeStage>("bad", FakeStage::Inputs{}, diary, script);
    const auto good = std::make_shared<FakeStage>("good", FakeStage::Inputs{}, diary);
    const auto outcome = runOnce({bad, good}, 4);
    REQUIRE(outcome.failure);
    CHECK(textOf(outcome.failure) ==
          "sluice: bad failed in batch 1500 ms, partition 0, after 1 attempt: no");
    CHECK(outcome.stages.front().failed);
    CHECK(at(diary, "commit good") < diary.size());
}

TEST_CASE("what is thrown need not be an exception of the standard library",
    "[engine][stage_graph][errors]")
{
    Script script;
    script.task = [](std::size_t, TaskContext&) { throw 7; }; // NOLINT(hicpp-exception-baseclass)
    Diary diary;
    const auto outcome =
        runOnce({std::make_shared<FakeStage>("odd", FakeStage::Inputs{}, diary, script)});
    REQUIRE(outcome.failure);
    CHECK(textOf(outcome.failure).ends_with("after 1 attempt: unknown exception"));
}

TEST_CASE("a stage waits for its other gates, from whatever thread they come",
    "[engine][stage_graph][parallel]")
{
    asio::thread_pool pool{1};
    Diary diary;
    std::vector<std::jthread> completers;
    std::shared_ptr<FakeStage> waiting;
    std::atomic<int> completed{0};
    std::atomic<int> openedEarly{0};
    Script script;
    script.otherGates = 3;
    script.armed = [&] {
        for (int i = 0; i < 3; ++i) {
            completers.emplace_back([&] {
                ++completed;
                waiting->gate().complete();
            });
        }
    };
    script.open = [&] {
        if (completed != 3) { ++openedEarly; }
        completed = 0;
    };
    waiting = std::make_shared<FakeStage>("waiting", FakeStage::Inputs{}, diary, script);
    StageGraph graph{{waiting}, 1};
    const auto crew = std::make_shared<Crew>(pool.get_executor(), 1, 0us);
    const int good = asio::co_spawn(pool, runSome(graph, crew, 1, 100), asio::use_future).get();
    CHECK(good == 100);
    CHECK(openedEarly == 0);
}

TEST_CASE("stages of many tasks give the same at any number of threads",
    "[engine][stage_graph][parallel]")
{
    for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
        CAPTURE(threads);
        asio::thread_pool pool{threads};
        const auto crew = std::make_shared<Crew>(pool.get_executor(), threads, 50us);
        std::vector<std::size_t> made(40);
        std::size_t sum = 0;
        bool right = true;
        Diary diary;
        Script first;
        first.tasks = made.size();
        first.weight = 1'000'000;
        first.task = [&](std::size_t task, TaskContext&) { made[task] += task + 1; };
        Script second = first;
        second.open = [&] {
            sum = 0;
            for (const std::size_t part : made) {
                sum += part;
            }
            right = right && sum == 820;
        };
        second.task = [&](std::size_t task, TaskContext&) { made[task] = 0; };
        const auto source = std::make_shared<FakeStage>("make", FakeStage::Inputs{}, diary, first);
        const auto sink =
            std::make_shared<FakeStage>("take", FakeStage::Inputs{source}, diary, second);
        StageGraph graph{{sink}, 1};
        CHECK(asio::co_spawn(pool, runSome(graph, crew, threads, 200), asio::use_future).get() ==
              200);
        CHECK(right);
    }
}

TEST_CASE("a plan lists each stage once, with its inputs and what is fused in it",
    "[engine][stage_graph]")
{
    Diary diary;
    const auto source = std::make_shared<FakeStage>("source", FakeStage::Inputs{}, diary);
    const auto left = std::make_shared<FakeStage>("left", FakeStage::Inputs{source}, diary);
    const auto right = std::make_shared<FakeStage>("right", FakeStage::Inputs{source, left}, diary);
    const auto id = [](const auto& stage) { return std::to_string(stage->info().id); };
    CHECK(sluice::engine::explain({left, right}) ==
          "stage " + id(source) + ": source\n" + "stage " + id(left) + ": left  <- stage " +
              id(source) + "\n" + "stage " + id(right) + ": right  <- stage " + id(source) +
              ", stage " + id(left) + "\n");
}
