// Step 3: the pipeline in a context, which runs it once per batch interval.

#include <sluice/sluice.hpp>
#include <sluice/testing/manual_clock.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sl = sluice;
using namespace std::chrono_literals;

int main()
{
    const auto one = [](std::string_view word) { return std::pair{word, 1L}; };
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});

    // [context]
    const auto clock = std::make_shared<sl::testing::ManualClock>(); // leave it out for real time
    sl::StreamingContext context{{.batchInterval = 1s, .clock = clock}};
    // [context]

    // [streams]
    const auto isBe = [](const std::pair<std::string_view, long>& counted) {
        return counted.first == "be";
    };
    const sl::BatchQueue<std::string> queue{{"to be", "or not to be"}, {"be"}};
    const auto lines = context.queueStream(queue);
    lines | sl::count() | sl::print();
    lines | wordCount | sl::filter(isBe) | sl::print();
    lines | sl::foreachBatch([&context](const sl::Batch<std::string>& batch) {
        if (batch.metadata().index == 1) { context.requestStop(); } // the second one
    });
    // [streams]

    // [run]
    context.start();
    clock->advance(2s); // two intervals pass
    context.awaitTermination();
    // [run]
}
