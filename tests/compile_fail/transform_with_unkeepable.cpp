// expect: sluice: transformWith\(others..., function\): the records that it makes must own
// budget: 14
#include <sluice/dstream/transform_with.hpp>

#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Found = std::vector<const int*>;
#else
using Found = std::vector<int>;
#endif

auto foundIn(const sluice::DStream<int>& numbers)
{
    return numbers |
           sluice::transformWith(numbers,
               [](const sluice::Batch<int>&, const sluice::Batch<int>&) { return Found{}; });
}
