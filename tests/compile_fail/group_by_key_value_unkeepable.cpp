// expect: sluice: groupByKey\(\): keys and values must own their memory or be texts
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>

#include <span>
#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Value = std::span<const int>;
#else
using Value = std::vector<int>;
#endif

auto grouped(const sluice::DStream<std::pair<int, Value>>& records)
{
    return records | sluice::groupByKey();
}
