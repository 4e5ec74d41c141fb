// What belongs to a program under test, tried without threads, sleeps or sockets. Plain checks
// stand for those of a test framework.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sl = sluice;
using namespace std::chrono_literals;
using sl::testing::Batches, sl::testing::runBatches, sl::testing::TestEngine;

namespace {
int failures = 0;

void check(bool holds, std::string_view what)
{
    std::cout << (holds ? "ok: " : "FAILED: ") << what << '\n';
    failures += holds ? 0 : 1;
}

/// Under test: a pipeline. It throws for a negative price.
auto totalsByName()
{
    using Sale = std::pair<std::string, int>;
    const auto valid = [](const Sale& sale) {
        return sale.second >= 0 ? true : throw std::domain_error{"a negative price"};
    };
    return sl::filter(valid) | sl::reduceByKey(std::plus{});
}

/// Under test: a receiver. Its first run breaks.
class Flaky {
public:
    sl::Awaitable<void> operator()(sl::Emitter<int>& emitter)
    {
        co_await emitter.emit(run_);
        if (run_++ == 0) { throw std::runtime_error{"broken"}; }
    }

private:
    int run_ = 0;
};

void testPipeline()
{
    const Batches<std::pair<std::string, int>> sales{{{"ann", 2}, {"ann", 3}}, {{"bob", -1}}};
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        const auto out = runBatches(sales, totalsByName(), {.partitions = 2, .seed = seed});
        check(out.batches == Batches<std::pair<std::string, int>>{{{"ann", 5}}}, "sums by name");
        check(out.failure && out.failure->operatorName == "filter" && out.failure->batchIndex == 1,
            "a negative price fails its batch");
    }
}

void testReceiver()
{
    sl::Options options{.batchInterval = 1s};
    options.reconnect = {.first = 100ms, .jitter = 0};
    TestEngine test{options};
    std::vector<int> received;
    sl::receiverStream<int>(test.runtime(), Flaky{}) |
        sl::foreachBatch([&received](const sl::Batch<int>& batch) {
            received.insert(received.end(), batch.begin(), batch.end());
        });
    test.runtime().start();
    test.executor().run(); // whatever there is to do at time 0

    test.clock().advance(99ms);
    test.executor().run();
    check(test.runtime().events().metrics().sources.at(0).starts == 1, "waits before it restarts");
    test.clock().advance(1ms);
    test.executor().run();
    check(test.runtime().events().metrics().sources.at(0).starts == 2, "restarts after 100 ms");
    test.nextBatch();
    check(received == std::vector<int>{0, 1}, "loses nothing that was emitted");
    test.stop(sl::Stop::graceful);
    check(test.runtime().state() == sl::State::stopped, "stops");
}
} // namespace

int main()
{
    testPipeline();
    testReceiver();
    return failures;
}
