// expect: mergeCombiners must be callable as C\(C, const C&\)
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/combine_by_key.hpp>

#include <functional>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto merge = [](long a, const std::string& b) { return a + static_cast<long>(b.size()); };
#else
constexpr auto merge = [](long a, long b) { return a + b; };
#endif

auto combined(const sluice::DStream<std::pair<int, long>>& records)
{
    return records |
           sluice::combineByKey([](long value) { return value; }, std::plus<long>{}, merge);
}
