// expect: sluice: union_\(others\.\.\.\): all streams must have the same record type
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/union.hpp>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto half = [](int x) { return x / 2.0; };
#else
constexpr auto half = [](int x) { return x / 2; };
#endif

auto both(const sluice::DStream<int>& ints)
{
    return ints | (sluice::map(half) | sluice::union_(ints));
}
