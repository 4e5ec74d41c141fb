// The first program of a user, as it is measured by benchmarks/compile_cost.cpp.
#include <sluice/sluice.hpp>

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

namespace sl = sluice;
using namespace std::chrono_literals;

int main()
{
    sl::StreamingContext context{{.batchInterval = 1s}};
    auto ones = sl::map([](std::string_view word) { return std::pair{word, 1L}; });
    auto wordCount = sl::flatMap(sl::words) | ones | sl::reduceByKey(std::plus{});
    context.socketTextStream("localhost", 9999) | wordCount | sl::print();
    context.start();
    context.awaitTermination();
}
