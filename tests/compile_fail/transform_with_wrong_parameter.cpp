// expect: sluice: transformWith\(others\.\.\., function\): the function must be callable as Range\(
// budget: 14
#include <sluice/dstream/transform_with.hpp>

#ifdef SLUICE_EXPECT_FAILURE
using Other = long;
#else
using Other = int;
#endif

auto first(const sluice::DStream<int>& numbers, const sluice::DStream<Other>& others)
{
    return numbers |
           sluice::transformWith(others,
               [](const sluice::Batch<int>& batch, const sluice::Batch<int>&) { return batch; });
}
