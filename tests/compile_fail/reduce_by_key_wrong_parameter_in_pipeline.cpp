// expect: sluice: reduceByKey\(function\): the function must be callable as V\(V, const V&\)
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto add = [](long a, const std::string& b) { return a + static_cast<long>(b.size()); };
#else
constexpr auto add = [](long a, long b) { return a + b; };
#endif

const auto counted = sluice::map([](const std::string& text) {
    return std::pair{text, 1L};
}) | sluice::reduceByKey(add) |
                     sluice::map([](const auto& pair) { return pair.second; });

auto reduced(const sluice::DStream<std::string>& texts)
{
    return texts | counted;
}
