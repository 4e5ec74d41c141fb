// expect: sluice: reduceByKey\(function\): a value, and a key other than std::string_view, must own
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <string>
#include <string_view>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Text = std::string_view;
#else
using Text = std::string;
#endif

auto reduced(const sluice::DStream<std::pair<int, Text>>& records)
{
    return records | sluice::reduceByKey([](Text a, const Text& b) { return a < b ? b : a; });
}
