#include <sluice/input/receiver_stream.hpp>

#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::Emitter, sluice::foreachBatch, sluice::OffsetRange, sluice::Options;
using sluice::ReceiverError, sluice::ReceiverStarted, sluice::ReceiverStopped;
using sluice::receiverStream, sluice::RecordsRefused, sluice::Stop;
using sluice::testing::TestEngine;

namespace {
using Records = std::vector<int>;

Options everySecond()
{
    Options options{.batchInterval = 1s};
    options.reconnect = {.first = 100ms, .atMost = 400ms, .jitter = 0};
    return options;
}

/// A receiver under test, and what came of it batch by batch.
template <class T = int>
class Run {
public:
    template <class F>
    explicit Run(F receiver, Options options = everySecond(), sluice::ReceiverOptions how = {})
        : test_{std::move(options)}
    {
        receiverStream<T>(test_.runtime(), std::move(receiver), std::move(how)) |
            foreachBatch([this](const Batch<T>& batch) {
                batches_.emplace_back(batch.begin(), batch.end());
                partitions_.push_back(batch.partitions().size());
                offsets_.push_back(batch.metadata().offsets);
                if (fail_) { throw std::runtime_error{"no"}; }
            });
        test_.runtime().start();
        test_.executor().run();
    }

    TestEngine& test() { return test_; }
    void failBatches(bool fail) { fail_ = fail; }
    const std::vector<std::vector<T>>& batches() const { return batches_; }
    const std::vector<std::size_t>& partitions() const { return partitions_; }
    const std::vector<std::vector<OffsetRange>>& offsets() const { return offsets_; }

    template <class E>
    std::vector<E> events()
    {
        std::vector<E> found;
        for (const auto& event : test_.runtime().events().since(0)) {
            if (const auto* one = std::get_if<E>(&event)) { found.push_back(*one); }
        }
        return found;
    }

private:
    TestEngine test_;
    std::vector<std::vector<T>> batches_;
    std::vector<std::size_t> partitions_;
    std::vector<std::vector<OffsetRange>> offsets_;
    bool fail_ = false;
};

asio::awaitable<void> forever(Emitter<int>& emitter)
{
    while (!emitter.stopping()) {
        co_await emitter.sleep(1h);
    }
}

asio::awaitable<void> oneATime(Emitter<int>& emitter)
{
    for (int i = 0;; ++i) {
        co_await emitter.emit(i);
        co_await emitter.sleep(250ms);
    }
}
} // namespace

TEST_CASE("a receiver emits what it has", "[input][receiver_stream]")
{
    TestEngine test{everySecond()};
    sluice::engine::Runtime& context = test.runtime();
    Records seen;
    // [example]
    const auto countdown = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (int i = 3; i > 0; --i) {
            co_await emitter.emit(i);
        }
    };
    receiverStream<int>(context, countdown) | foreachBatch([&seen](const Batch<int>& batch) {
        seen.insert(seen.end(), batch.begin(), batch.end());
    });
    // [example]
    context.start();
    test.executor().run();
    test.nextBatch();
    CHECK(seen == Records{3, 2, 1});
}

TEST_CASE("a receiver's records come in the batch of their interval", "[input][receiver_stream]")
{
    Run run{&oneATime};
    for (int i = 0; i < 3; ++i) {
        for (int quarter = 0; quarter < 4; ++quarter) {
            run.test().clock().advance(250ms);
            run.test().executor().run();
        }
    }
    REQUIRE(run.batches().size() == 3);
    Records all;
    for (const auto& batch : run.batches()) {
        CHECK(batch.size() >= 3);
        all.insert(all.end(), batch.begin(), batch.end());
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i] == static_cast<int>(i));
    }
}

TEST_CASE("single records of a block interval are one partition", "[input][receiver_stream]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (int i = 0; i < 8; ++i) {
            co_await emitter.emit(i);
            co_await emitter.sleep(100ms);
        }
        co_await forever(emitter);
    };
    Options options = everySecond();
    std::size_t partitions = 0;
    SECTION("of 200 ms, unless another is given")
    {
        partitions = 4;
    }
    SECTION("as long as the batch")
    {
        options.blockInterval = 1s;
        partitions = 1;
    }
    SECTION("as short as the time between records")
    {
        options.blockInterval = 100ms;
        partitions = 8;
    }
    Run run{receive, options};
    for (int i = 0; i < 10; ++i) {
        run.test().clock().advance(100ms);
        run.test().executor().run();
    }
    CHECK(run.batches() == std::vector<Records>{{0, 1, 2, 3, 4, 5, 6, 7}});
    CHECK(run.partitions() == std::vector<std::size_t>{partitions});
}

TEST_CASE(
    "a block is a partition, and a batch without records has none", "[input][receiver_stream]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        Records first{1, 2};
        Records second{3};
        co_await emitter.emit(std::move(first));
        co_await emitter.emit(std::move(second));
        co_await forever(emitter);
    };
    Run run{receive};
    run.test().nextBatch();
    run.test().nextBatch();
    CHECK(run.batches() == std::vector<Records>{{1, 2, 3}, {}});
    CHECK(run.partitions() == std::vector<std::size_t>{2, 0});
}

TEST_CASE("a block may hold views of memory that it owns", "[input][receiver_stream]")
{
    const auto receive = [](Emitter<std::string_view>& emitter) -> asio::awaitable<void> {
        struct Held {
            std::string bytes;
            std::vector<std::string_view> words;
        };
        auto held = std::make_shared<Held>();
        held->bytes = "a block of bytes that is long enough to lie on the heap";
        held->words = {std::string_view{held->bytes}.substr(2, 5),
            std::string_view{held->bytes}.substr(11, 5)};
        const std::span<const std::string_view> words{held->words};
        sluice::Partition<std::string_view> block{std::move(held), words};
        co_await emitter.emit(std::move(block), 100);
        while (!emitter.stopping()) {
            co_await emitter.sleep(1h);
        }
    };
    TestEngine test{everySecond()};
    std::vector<std::string> words;
    receiverStream<std::string_view>(test.runtime(), receive) |
        foreachBatch([&words](const Batch<std::string_view>& batch) {
            words.assign(batch.begin(), batch.end());
        });
    test.runtime().start();
    test.executor().run();
    test.nextBatch();
    CHECK(words == std::vector<std::string>{"block", "bytes"});
}

TEST_CASE(
    "a full buffer suspends the receiver until batches are completed", "[input][receiver_stream]")
{
    std::size_t emitted = 0;
    const auto receive = [&emitted](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            Records block(100, 7);
            ++emitted;
            co_await emitter.emit(std::move(block));
        }
    };
    Options options = everySecond();
    options.maxBufferedBytes = 1000; // 400 bytes a block: the third fills it
    options.backpressure.enabled = false;
    Run run{receive, options};
    CHECK(emitted == 3);
    run.test().nextBatch();
    CHECK(emitted == 6);
    CHECK(run.batches().back().size() == 300);
    const auto cut = run.events<sluice::BatchSubmitted>().back();
    REQUIRE(cut.inputs.size() == 1);
    CHECK(cut.inputs.front().records == 300);
    CHECK(cut.inputs.front().bytes == 1200);
    CHECK(cut.inputs.front().bufferedBytes == 1200);
}

TEST_CASE("maxRate holds a receiver to so many records a second", "[input][receiver_stream]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (int i = 0;; ++i) {
            co_await emitter.emit(i);
        }
    };
    Options options = everySecond();
    options.maxRate = 100;
    Run run{receive, options};
    for (int i = 0; i < 300; ++i) {
        run.test().clock().advance(10ms);
        run.test().executor().run();
    }
    REQUIRE(run.batches().size() == 3);
    for (const auto& batch : run.batches()) {
        CHECK(batch.size() >= 99);
        CHECK(batch.size() <= 103); // the slack of the smooth limit
    }
}

TEST_CASE("what a receiver says of a system error names no place in Boost",
    "[input][receiver_stream][errors]")
{
    const auto receive = [](Emitter<int>&) -> asio::awaitable<void> {
        static constexpr boost::source_location where{"/usr/include/there.hpp", 93, "connect"};
        const boost::system::error_code code{asio::error::connection_refused};
        throw boost::system::system_error{boost::system::error_code{code, &where}};
        co_return;
    };
    Run run{receive};
    const auto stopped = run.events<ReceiverStopped>();
    REQUIRE(stopped.size() == 1);
    CHECK(stopped.front().message ==
          boost::system::error_code{asio::error::connection_refused}.message());
}

TEST_CASE("a receiver that throws is run again after growing waits, and heard of",
    "[input][receiver_stream][errors]")
{
    int runs = 0;
    const auto receive = [&runs](Emitter<int>& emitter) -> asio::awaitable<void> {
        if (++runs == 4) { co_await emitter.emit(1); }
        throw std::runtime_error{"it broke"};
    };
    Run run{receive};
    CHECK(runs == 1);
    const auto after = [&run, &runs](std::chrono::milliseconds wait) {
        run.test().clock().advance(wait - 1ms);
        run.test().executor().run();
        const int before = runs;
        run.test().clock().advance(1ms);
        run.test().executor().run();
        return runs == before + 1;
    };
    CHECK(after(100ms));
    CHECK(after(200ms));
    CHECK(after(400ms)); // accepts a record, so that the waits begin anew
    CHECK(after(100ms));
    CHECK(after(200ms));
    CHECK(after(400ms));
    CHECK(after(400ms));
    const auto stopped = run.events<ReceiverStopped>();
    REQUIRE(stopped.size() == 8);
    CHECK(stopped.front().message == "it broke");
    CHECK(stopped.front().name == "receiver");
    CHECK(stopped.front().restarts);
    CHECK(run.events<ReceiverStarted>().size() == 8);
    run.test().stop(Stop::graceful);
    CHECK_NOTHROW(run.test().runtime().awaitTermination());
}

TEST_CASE(
    "a receiver that returns is done, unless it asked for a restart", "[input][receiver_stream]")
{
    int runs = 0;
    SECTION("done")
    {
        Run run{[&runs](Emitter<int>& emitter) -> asio::awaitable<void> {
            ++runs;
            co_await emitter.emit(runs);
        }};
        run.test().nextBatch();
        run.test().nextBatch();
        CHECK(runs == 1);
        CHECK(run.batches() == std::vector<Records>{{1}, {}});
        REQUIRE(run.events<ReceiverStopped>().size() == 1);
        CHECK_FALSE(run.events<ReceiverStopped>().front().restarts);
    }
    SECTION("asked, with a wait of its own")
    {
        Run run{[&runs](Emitter<int>& emitter) -> asio::awaitable<void> {
            ++runs;
            emitter.restart("a new token", 5s);
            co_return;
        }};
        run.test().clock().advance(4999ms);
        run.test().executor().run();
        CHECK(runs == 1);
        run.test().clock().advance(1ms);
        run.test().executor().run();
        CHECK(runs == 2);
        CHECK(run.events<ReceiverStopped>().front().message == "a new token");
    }
}

TEST_CASE(
    "what a receiver reports reaches the listeners and the metrics", "[input][receiver_stream]")
{
    Run run{[](Emitter<int>& emitter) -> asio::awaitable<void> {
        emitter.reportError("late");
        emitter.reportRefused("not a number", 3);
        co_await forever(emitter);
    }};
    REQUIRE(run.events<ReceiverError>().size() == 1);
    CHECK(run.events<ReceiverError>().front().message == "late");
    REQUIRE(run.events<RecordsRefused>().size() == 1);
    CHECK(run.events<RecordsRefused>().front().records == 3);
    const auto metrics = run.test().runtime().events().metrics();
    REQUIRE(metrics.sources.size() == 1);
    CHECK(metrics.sources.front().refused == 3);
    CHECK(metrics.sources.front().errors == 1);
    CHECK(metrics.sources.front().active);
}

TEST_CASE("ranges come with the batch, and are acknowledged when it went well",
    "[input][receiver_stream]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.sleep(500ms);
        for (std::uint64_t at = 0;; at += 2) {
            Records block{static_cast<int>(at), static_cast<int>(at) + 1};
            OffsetRange range{"log", 0, at, at + 2};
            co_await emitter.emit(std::move(block), std::move(range));
            co_await emitter.sleep(1s);
        }
    };
    std::vector<std::uint64_t> acknowledged;
    Options options = everySecond();
    options.onBatchFailure = sluice::OnBatchFailure::proceed;
    Run run{receive, options, {.name = "log", .acknowledge = [&](const OffsetRange& range) {
                                   acknowledged.push_back(range.until);
                                   if (range.until == 6) {
                                       throw std::runtime_error{"cannot write the offset"};
                                   }
                               }}};
    run.test().nextBatch();
    CHECK(acknowledged == std::vector<std::uint64_t>{2});
    run.failBatches(true);
    run.test().nextBatch();
    CHECK(acknowledged == std::vector<std::uint64_t>{2});
    run.failBatches(false);
    run.test().nextBatch();
    CHECK(acknowledged == std::vector<std::uint64_t>{2, 6});
    CHECK(run.offsets().at(1) == std::vector<OffsetRange>{{"log", 0, 2, 4}});
    REQUIRE(run.events<ReceiverError>().size() == 1);
    CHECK(run.events<ReceiverError>().front().message == "acknowledge: cannot write the offset");
}

TEST_CASE(
    "a stop cancels what a receiver awaits and keeps what it emitted", "[input][receiver_stream]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    bool aborted = false;
    const auto receive = [&aborted](Emitter<int>& emitter) -> asio::awaitable<void> {
        co_await emitter.emit(1);
        try {
            co_await emitter.sleep(1h);
        } catch (const boost::system::system_error& error) {
            aborted = error.code() == asio::error::operation_aborted;
            (void)emitter.emit(2); // what it still had
            throw;
        }
    };
    Run run{receive};
    run.test().stop(mode);
    CHECK(aborted);
    CHECK_NOTHROW(run.test().runtime().awaitTermination());
    if (mode == Stop::graceful) { CHECK(run.batches() == std::vector<Records>{{1, 2}}); }
    REQUIRE(run.events<ReceiverStopped>().size() == 1);
    CHECK_FALSE(run.events<ReceiverStopped>().front().restarts);
}

TEST_CASE("a stop cancels Asio's own timers in a receiver", "[input][receiver_stream][parallel]")
{
    const auto receive = [](Emitter<int>& emitter) -> asio::awaitable<void> {
        asio::steady_timer timer{emitter.executor()};
        for (int i = 0;; ++i) {
            co_await emitter.emit(i);
            timer.expires_after(i < 100 ? 0h : 1h);
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    sluice::StreamingContext context{{.batchInterval = 1ms}};
    std::size_t records = 0;
    receiverStream<int>(context, receive) | foreachBatch([&](const Batch<int>& batch) {
        records += batch.size();
        if (records >= 101) { context.requestStop(Stop::graceful); }
    });
    context.start();
    context.awaitTermination();
    CHECK(records == 101);
}

TEST_CASE("a receiver that does not end is given up in the end, and named",
    "[input][receiver_stream][errors]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    auto never = std::make_unique<sluice::engine::Signal>(); // owns who waits for it
    const auto receive = [&never](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            try {
                co_await emitter.sleep(1ms);
            } catch (const boost::system::system_error&) {
                break;
            }
        }
        // Ignores what it was told, in a way that nobody can cancel.
        co_await asio::this_coro::throw_if_cancelled(false);
        for (;;) {
            co_await never->wait([] { return false; });
        }
    };
    auto options = everySecond();
    options.gracefulStopTimeout = 2s;
    Run run{receive, options, {.name = "stubborn"}};
    run.test().stop(mode);
    CHECK(run.test().runtime().state() == sluice::State::active);
    run.test().clock().advance(10s);
    run.test().executor().run();
    CHECK(run.test().runtime().state() == sluice::State::stopped);
    try {
        run.test().runtime().awaitTermination();
        FAIL("nothing is said");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::stopTimeout);
        CHECK(std::string{error.what()}.find("stubborn did not end within 10000 ms") !=
              std::string::npos);
    }
    never.reset();
}

TEST_CASE("while nothing is known of the pipeline's speed, one batch is enough",
    "[input][receiver_stream]")
{
    std::size_t emitted = 0;
    const auto receive = [&emitted](Emitter<int>& emitter) -> asio::awaitable<void> {
        for (;;) {
            ++emitted;
            co_await emitter.emit(1);
            co_await emitter.sleep(250ms);
        }
    };
    TestEngine test{everySecond()};
    const auto quarters = [&test](int n) {
        for (int i = 0; i < n; ++i) {
            test.clock().advance(250ms);
            test.executor().run();
        }
    };
    // The channel takes the first batch at once, in no time, which tells nothing of the speed; the
    // second one waits for a reader.
    auto channel = receiverStream<int>(test.runtime(), receive) | sluice::toChannel(1);
    test.runtime().start();
    test.executor().run();
    quarters(4);
    const std::size_t first = emitted;
    CHECK(first >= 4);
    quarters(4);
    CHECK(emitted <= 2 * first + 1);
    quarters(8);
    const std::size_t held = emitted;
    quarters(8);
    CHECK(emitted == held);
}
