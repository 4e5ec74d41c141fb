#include <sluice/input/pull_stream.hpp>

#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::foreachBatch, sluice::OffsetRange, sluice::Options, sluice::pullStream;
using sluice::ReceiverError;
using sluice::testing::TestEngine;

namespace {
using Records = std::vector<std::uint64_t>;

/// A log whose record at each offset is the offset, and a hundred times its partition.
struct Log {
    std::vector<std::uint64_t> ends{0, 0};
    std::vector<OffsetRange> reads;
    std::vector<OffsetRange> acknowledged;
    int failLatest = 0;
    int failReads = 0;
    std::size_t tooMany = 0;
};

class LogSource {
public:
    explicit LogSource(std::shared_ptr<Log> log) : log_{std::move(log)} {}

    std::vector<std::uint64_t> latest()
    {
        if (log_->failLatest-- > 0) { throw std::runtime_error{"no broker"}; }
        return log_->ends;
    }
    Records read(const OffsetRange& range)
    {
        log_->reads.push_back(range);
        if (log_->failReads-- > 0) { throw std::runtime_error{"read failed"}; }
        Records records(log_->tooMany, 0);
        for (auto offset = range.from; offset < range.until; ++offset) {
            records.push_back(offset + 100 * range.partition);
        }
        return records;
    }
    void acknowledge(const OffsetRange& range) { log_->acknowledged.push_back(range); }

private:
    std::shared_ptr<Log> log_;
};
static_assert(sluice::PullSource<LogSource>);
static_assert(!sluice::PullSource<int>);

using Names = std::vector<std::string>;

// [example]
/// A table that grows, as a source of one partition: pullStream(context, Table{names}).
struct Table {
    std::shared_ptr<const Names> rows;

    [[nodiscard]] std::vector<std::uint64_t> latest() const { return {rows->size()}; }
    [[nodiscard]] Names read(const OffsetRange& range) const
    {
        const auto part = std::span{*rows}.subspan(range.from, range.until - range.from);
        return {part.begin(), part.end()};
    }
    void acknowledge(const OffsetRange&) const {} // a table needs not be told
};
// [example]
static_assert(sluice::PullSource<Table>);

class Run {
public:
    explicit Run(Options options = {.batchInterval = 1s}, sluice::PullOptions how = {.name = "log"})
        : test_{std::move(options)}
    {
        pullStream(test_.runtime(), LogSource{log_}, std::move(how)) |
            foreachBatch([this](const Batch<std::uint64_t>& batch) {
                batches_.emplace_back(batch.begin(), batch.end());
                partitions_ = batch.partitions().size();
                if (std::exchange(failNext_, false)) { throw std::runtime_error{"no"}; }
            });
        test_.runtime().start();
        test_.executor().run();
    }

    Log& log() { return *log_; }
    TestEngine& test() { return test_; }
    const std::vector<Records>& batches() const { return batches_; }
    std::size_t partitions() const { return partitions_; }
    void failNext() { failNext_ = true; }

    std::vector<std::string> errors()
    {
        std::vector<std::string> messages;
        for (const auto& event : test_.runtime().events().since(0)) {
            if (const auto* error = std::get_if<ReceiverError>(&event)) {
                messages.push_back(error->message);
            }
        }
        return messages;
    }

private:
    std::shared_ptr<Log> log_ = std::make_shared<Log>();
    TestEngine test_;
    std::vector<Records> batches_;
    std::size_t partitions_ = 0;
    bool failNext_ = false;
};
} // namespace

TEST_CASE("a pull stream reads what its source has", "[input][pull_stream]")
{
    TestEngine test{{.batchInterval = 1s}};
    sluice::engine::Runtime& context = test.runtime();
    std::vector<Names> seen;
    const auto table = std::make_shared<Names>(Names{"ann", "bob"});
    pullStream(context, Table{table}, {.name = "table"}) |
        foreachBatch([&seen](const Batch<std::string>& batch) {
            seen.emplace_back(batch.begin(), batch.end());
        });
    context.start();
    test.executor().run();
    test.nextBatch();
    table->emplace_back("eve");
    test.nextBatch();
    CHECK(seen == std::vector<Names>{{"ann", "bob"}, {"eve"}});
}

TEST_CASE(
    "a batch takes what came since the last one, a partition for each", "[input][pull_stream]")
{
    Run run;
    run.log().ends = {2, 1};
    run.test().nextBatch();
    run.test().nextBatch();
    run.log().ends = {3, 1};
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{0, 1, 100}, {}, {2}});
    CHECK(run.partitions() == 2);
    CHECK(run.log().reads.size() == 3); // empty ranges are not read
    CHECK(run.log().acknowledged ==
          std::vector<OffsetRange>{{"log", 0, 0, 2}, {"log", 1, 0, 1}, {"log", 0, 2, 3}});
}

TEST_CASE(
    "a pull source begins where it is told, and partitions may be added", "[input][pull_stream]")
{
    Run run{{.batchInterval = 1s}, {.name = "log", .from = {5}}};
    run.log().ends = {6};
    run.test().nextBatch();
    run.log().ends = {6, 2};
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{5}, {100, 101}});
}

TEST_CASE("a read that fails is read again, the same range", "[input][pull_stream][errors]")
{
    Run run;
    run.log().ends = {2, 0};
    run.log().failReads = 2;
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{0, 1}});
    CHECK(run.log().reads == std::vector<OffsetRange>(3, {"log", 0, 0, 2}));
}

TEST_CASE("a batch that fails is not acknowledged, and the next goes on behind it",
    "[input][pull_stream][errors]")
{
    Options options{.batchInterval = 1s};
    options.onBatchFailure = sluice::OnBatchFailure::proceed;
    Run run{options};
    run.log().ends = {2, 0};
    run.failNext();
    run.test().nextBatch();
    run.log().ends = {3, 0};
    run.test().nextBatch();
    CHECK(run.log().acknowledged == std::vector<OffsetRange>{{"log", 0, 2, 3}});
}

TEST_CASE("a source that cannot say what it has is asked again, and heard of",
    "[input][pull_stream][errors]")
{
    Run run;
    run.log().ends = {2, 0};
    run.log().failLatest = 1;
    run.test().nextBatch();
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{}, {0, 1}});
    CHECK(run.errors() == std::vector<std::string>{"latest(): no broker"});
}

TEST_CASE("a log that shrinks gives nothing, and is heard of", "[input][pull_stream][errors]")
{
    Run run;
    run.log().ends = {4, 0};
    run.test().nextBatch();
    run.log().ends = {3, 0};
    run.test().nextBatch();
    run.log().ends = {5, 0};
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{0, 1, 2, 3}, {}, {4}});
    CHECK(run.errors() ==
          std::vector<std::string>{"latest(): partition 0 ends at 3, and 4 was read already"});
}

TEST_CASE("more records than the range holds fail the batch", "[input][pull_stream][errors]")
{
    Options options{.batchInterval = 1s};
    options.maxTaskFailures = 1;
    Run run{options};
    run.log().ends = {2, 0};
    run.log().tooMany = 1;
    run.test().nextBatch();
    CHECK(run.batches().empty());
    CHECK_THROWS_WITH(run.test().runtime().awaitTermination(),
        Catch::Contains("log failed in batch 1000 ms, partition 0") &&
            Catch::Contains("read(range) gave 3 records, the range holds 2"));
}

TEST_CASE("a pull source is held to its rate, by partition and in all", "[input][pull_stream]")
{
    Options options{.batchInterval = 1s};
    SECTION("maxRate is a partition's")
    {
        options.maxRate = 10;
        Run run{options};
        run.log().ends = {100, 3};
        run.test().nextBatch();
        CHECK(run.batches().back().size() == 13);
        run.test().nextBatch();
        CHECK(run.batches().back().size() == 10);
    }
    SECTION("the first rate is shared by lag, and each gets a record at least")
    {
        options.initialRate = 100;
        Run run{options};
        run.log().ends = {999, 1};
        run.test().nextBatch();
        CHECK(run.batches().back().size() == 100);
        CHECK(run.batches().back().back() == 100);
    }
}

TEST_CASE("the ranges of a pull source are read in parallel and all there",
    "[input][pull_stream][parallel]")
{
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        struct Numbers {
            std::vector<std::uint64_t> latest() { return std::vector<std::uint64_t>(16, 1000); }
            Records read(const OffsetRange& range) { return Records(range.until - range.from, 1); }
            void acknowledge(const OffsetRange&) {}
        };
        sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = parallelism}};
        std::uint64_t sum = 0;
        pullStream(context, Numbers{}) | foreachBatch([&](const Batch<std::uint64_t>& batch) {
            for (const auto one : batch) {
                sum += one;
            }
            if (sum == 16'000) { context.requestStop(); }
        });
        context.start();
        context.awaitTermination();
        CHECK(sum == 16'000);
    }
}
