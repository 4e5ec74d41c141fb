// expect: sluice: union_\(others\.\.\.\): all streams must have the same record type
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/union.hpp>

#ifdef SLUICE_EXPECT_FAILURE
using Other = long;
#else
using Other = int;
#endif

auto both(const sluice::DStream<int>& ints, const sluice::DStream<Other>& others)
{
    return ints | sluice::union_(others);
}
