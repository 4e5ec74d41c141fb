// expect: sluice: transform\(function\): the records that it makes must own what they refer to
// budget: 14
#include <sluice/dstream/transform.hpp>

#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Found = std::vector<const int*>;
#else
using Found = std::vector<int>;
#endif

auto foundIn(const sluice::DStream<int>& numbers)
{
    return numbers | sluice::transform([](const sluice::Batch<int>&) { return Found{}; });
}
