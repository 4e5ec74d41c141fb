// expect: sluice: keys, values: the records must be key and value, anything with the tuple
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/dstream/dstream.hpp>

#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto made = [](int x) { return x; };
#else
constexpr auto made = [](int x) { return std::pair{x, x}; };
#endif

auto valuesOf(const sluice::DStream<int>& numbers)
{
    return numbers | (sluice::map(made) | sluice::values);
}
