// expect: sluice: records that are kept must own what they refer to: use std::string for views
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/dstream.hpp>

#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto part = [](const std::vector<int>& all) { return std::span{all}; };
#else
constexpr auto part = [](const std::vector<int>& all) { return all; };
#endif

auto kept(const sluice::DStream<std::vector<int>>& lists)
{
    return lists | sluice::map(part) | sluice::cache();
}
