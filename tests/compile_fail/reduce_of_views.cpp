// expect: sluice: reduce\(function\): the records must be copyable and own their memory
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#ifdef SLUICE_EXPECT_FAILURE
using Text = std::string_view;
#else
using Text = std::string;
#endif

auto highest(const sluice::DStream<Text>& texts)
{
    return texts | sluice::reduce([](Text a, const Text& b) { return std::max(a, b); });
}
