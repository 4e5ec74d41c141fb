// A whole context without the compiled engine.
#include <sluice/sluice.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

namespace {
constexpr auto once = [](std::string_view word) { return std::pair{word, 1L}; };
} // namespace

int main()
{
    sluice::StreamingContext context{{.batchInterval = 1ms}};
    std::map<std::string, long, std::less<>> seen;
    auto wordCount =
        sluice::flatMap(sluice::words) | sluice::map(once) | sluice::reduceByKey(std::plus{});
    context.queueStream(sluice::BatchQueue<std::string>{{"to be or", "not to be"}}) | wordCount |
        sluice::foreachBatch([&](const auto& batch) {
            for (const auto& [word, count] : batch) {
                seen[std::string{word}] += count;
            }
            context.requestStop();
        });
    context.start();
    context.awaitTermination();
    return seen == decltype(seen){{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}} ? 0 : 1;
}
