// expect: sluice: records that are kept must own what they refer to: use std::string for views
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>

#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto part = [](const std::vector<int>& all) { return std::span{all}; };
using Part = std::span<const int>;
#else
constexpr auto part = [](const std::vector<int>& all) { return all; };
using Part = std::vector<int>;
#endif

sluice::DStream<Part> parts(const sluice::DStream<std::vector<int>>& lists)
{
    return lists | sluice::map(part);
}
