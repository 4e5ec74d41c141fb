// expect: sluice: records that are kept must own what they refer to
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Result = std::span<const int>;
#else
using Result = std::vector<int>;
#endif

auto windows(const std::vector<int>& numbers)
{
    auto own = [buffer = std::vector<int>{}](int x) mutable -> Result { return buffer = {x, x}; };
    return sluice::evaluate(sluice::map(own), numbers);
}
