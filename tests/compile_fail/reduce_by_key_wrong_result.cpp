// expect: sluice: reduceByKey\(function\): the function must be callable as V\(V, const V&\)
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <string>
#include <utility>

using Counts = std::pair<std::string, long>;

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto add = [](long a, long b) { return std::string{} + std::to_string(a + b); };
#else
constexpr auto add = [](long a, long b) { return a + b; };
#endif

auto reduced(const sluice::DStream<Counts>& records)
{
    return records | sluice::reduceByKey(add);
}
