// Step 1: a word count is a value, and needs no engine to be applied to a range.

#include <sluice/sluice.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sl = sluice;

int main()
{
    // [pipeline]
    const auto one = [](std::string_view word) { return std::pair{word, 1L}; };
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});
    // [pipeline]

    // [evaluate]
    const std::vector<std::string> lines{"to be", "or not to be"};
    const auto counts = evaluate(wordCount, lines);

    // Keys come in the order of their hashes: sort them where it matters.
    for (const auto& [word, count] : std::map(counts.begin(), counts.end())) {
        std::cout << count << ' ' << word << '\n';
    }
    // [evaluate]
}
