#include <sluice/input/receiver_stream.hpp>

#include "spark/spark_case.hpp"

#include <sluice/testing/collect.hpp>
#include <sluice/testing/scripted_source.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// The cases of Spark Streaming's InputStreamsSuite that need no files.

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sluice::Batch, sluice::BatchQueue, sluice::Emitter, sluice::foreachBatch, sluice::Options;
using sluice::receiverStream, sluice::Stop, sluice::StreamingContext;
using sluice::test::LineServer, sluice::test::SparkCase, sluice::test::World;
using sluice::testing::Batches, sluice::testing::collect;

namespace {
/// What the batches of a context on real threads bring, for the thread that waits for it.
class Arrivals {
public:
    void add(std::vector<std::string> records)
    {
        const std::lock_guard lock{mutex_};
        records_.insert(records_.end(), records.begin(), records.end());
        ++batches_;
        changed_.notify_all();
    }

    bool wait(const std::function<bool(std::size_t records, std::size_t batches)>& enough)
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 10s, [&] { return enough(records_.size(), batches_); });
    }

    std::vector<std::string> records()
    {
        const std::lock_guard lock{mutex_};
        return records_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> records_;
    std::size_t batches_ = 0;
};

/// The lines of `server`, into `arrivals`.
void readLines(StreamingContext& context, const LineServer& server, Arrivals& arrivals)
{
    context.socketTextStream("127.0.0.1", server.port()) |
        foreachBatch([&arrivals](const Batch<std::string_view>& batch) {
            arrivals.add({batch.begin(), batch.end()});
        });
}

/// A receiver whose records come from ten threads, a thousand from each.
class ManyThreads {
public:
    asio::awaitable<void> operator()(Emitter<int>& emitter)
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 10; ++i) {
            threads.emplace_back(&ManyThreads::work, this, std::ref(emitter));
        }
        while (*done_ < 10) {
            try {
                co_await emitter.sleep(1ms);
            } catch (const boost::system::system_error&) {
                // A stop: each thread is told so by what it emits next.
            }
        }
    }

private:
    /// An emitter belongs to `io`: the threads bring their records there.
    static asio::awaitable<void> emitThousand(Emitter<int>& emitter)
    {
        for (int i = 0; i < 1000; ++i) {
            co_await emitter.emit(i);
        }
    }

    void work(Emitter<int>& emitter)
    {
        asio::co_spawn(emitter.executor(), emitThousand(emitter), asio::use_future).wait();
        ++*done_;
    }

    std::shared_ptr<std::atomic<int>> done_ = std::make_shared<std::atomic<int>>(0);
};

Options everySecond()
{
    return {.batchInterval = 1s, .parallelism = 2};
}
} // namespace

TEST_CASE("socket input stream", "[spark][input_streams][parallel]")
{
    LineServer server;
    Arrivals arrivals;
    StreamingContext context{{.batchInterval = 5ms, .parallelism = 2}};
    readLines(context, server, arrivals);
    context.start();
    REQUIRE(server.waitForClient());
    std::vector<std::string> sent;
    for (int i = 1; i <= 5; ++i) {
        sent.push_back(std::to_string(i));
        server.send(sent.back() + '\n');
        REQUIRE(arrivals.wait([i](auto records, auto) { return records >= std::size_t(i); }));
    }
    context.stop(Stop::graceful);
    CHECK(arrivals.records() == sent);
    CHECK(context.metrics().processedRecords == 5);
    CHECK(context.metrics().receivedRecords == 5);
}

TEST_CASE("socket input stream - no block in a batch", "[spark][input_streams][parallel]")
{
    LineServer server;
    Arrivals arrivals;
    StreamingContext context{{.batchInterval = 5ms, .parallelism = 2}};
    readLines(context, server, arrivals);
    context.start();
    REQUIRE(server.waitForClient());
    CHECK(arrivals.wait([](auto, auto batches) { return batches >= 3; }));
    context.stop(Stop::graceful);
    CHECK_NOTHROW(context.awaitTermination());
    CHECK(arrivals.records().empty());
}

TEST_CASE("multi-thread receiver", "[spark][input_streams][parallel]")
{
    Arrivals arrivals;
    StreamingContext context{{.batchInterval = 5ms, .parallelism = 2}};
    receiverStream<int>(context, ManyThreads{}) | foreachBatch([&](const Batch<int>& batch) {
        arrivals.add(std::vector<std::string>(batch.size()));
    });
    context.start();
    CHECK(arrivals.wait([](auto records, auto) { return records >= 10'000; }));
    context.stop(Stop::graceful);
    CHECK(arrivals.records().size() == 10'000);
}

TEST_CASE("queue input stream - oneAtATime = true", "[spark][input_streams]")
{
    World world;
    SparkCase spark{world, everySecond()};
    BatchQueue<std::string> queue;
    const auto out = collect(spark.context().queueStream(queue, true));
    spark.start();
    for (const char* text : {"1", "2", "3", "4", "5"}) {
        queue.push({text});
    }
    spark.batches(5);
    CHECK(out->batches == Batches<std::string>{{"1"}, {"2"}, {"3"}, {"4"}, {"5"}});
    spark.batches(1);
    CHECK(out->batches.back().empty());
}

TEST_CASE("queue input stream - oneAtATime = false", "[spark][input_streams]")
{
    World world;
    SparkCase spark{world, everySecond()};
    BatchQueue<std::string> queue;
    const auto out = collect(spark.context().queueStream(queue, false));
    spark.start();
    for (const char* text : {"1", "2", "3"}) {
        queue.push({text});
    }
    spark.batches(1);
    for (const char* text : {"4", "5"}) {
        queue.push({text});
    }
    spark.batches(1);
    CHECK(out->batches == Batches<std::string>{{"1", "2", "3"}, {"4", "5"}});
    spark.batches(1);
    CHECK(out->batches.back().empty());
}

TEST_CASE("test track the number of input stream", "[spark][input_streams]")
{
    World world;
    SparkCase spark{world, everySecond()};
    auto& context = spark.context();
    (void)collect(context.queueStream(BatchQueue<int>{{1}}));
    (void)collect(context.generatorStream([](auto index) { return index; }, 1));
    (void)collect(scriptedStream(context, sluice::testing::ScriptedSource<int>{}));
    spark.start();
    spark.batches(1);
    REQUIRE(spark.heard().of<sluice::BatchSubmitted>().size() == 1);
    CHECK(spark.heard().of<sluice::BatchSubmitted>().front().inputs.size() == 3);
    const auto sources = context.metrics().sources;
    CHECK(sources.size() == 3);
    CHECK(std::ranges::count(sources, true, &sluice::SourceMetrics::active) == 1); // receivers
}
