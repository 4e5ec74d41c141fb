// expect: records that are kept must own what they refer to
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/foreach_partition.hpp>

#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto look = [](const std::vector<int>& x) { return std::span<const int>{x}; };
#else
constexpr auto look = [](const std::vector<int>& x) { return x; };
#endif

void each(const sluice::DStream<std::vector<int>>& lists)
{
    lists | sluice::map(look) | sluice::foreachPartition([](const auto&) {});
}
