// expect: sluice: RangePartitioner<K>: the bounds are kept and must own their memory
// budget: 14
#include <sluice/partition/range_partitioner.hpp>

#include <string>
#include <string_view>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Bound = std::string_view;
#else
using Bound = std::string;
#endif

auto upTo(const std::vector<Bound>& bounds)
{
    return sluice::RangePartitioner<Bound>{bounds};
}
