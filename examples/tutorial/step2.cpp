// Step 2: the same pipeline over batches, as a unit test has it: no threads, no waiting.

#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace sl = sluice;

int main()
{
    const auto one = [](std::string_view word) { return std::pair{word, 1L}; };
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});

    // [batches]
    const sl::testing::Batches<std::string> input{{"to be", "or not to be"}, {}, {"be"}};
    const auto result = sl::testing::runBatches(input, wordCount, {.partitions = 2});
    // [batches]

    // [check]
    if (result.failure || result.batches.size() != 3) { return 1; }
    for (const auto& batch : result.batches) {
        std::cout << batch.size() << " distinct words\n";
        for (const auto& [word, count] : std::map(batch.begin(), batch.end())) {
            std::cout << count << ' ' << word << '\n';
        }
    }
    // [check]
}
