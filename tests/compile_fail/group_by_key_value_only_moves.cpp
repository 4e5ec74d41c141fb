// expect: sluice: groupByKey\(\): the values must be copyable, and their type can only be moved
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>

#include <memory>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Value = std::unique_ptr<long>;
#else
using Value = std::shared_ptr<long>;
#endif

auto grouped(const sluice::DStream<std::pair<int, Value>>& records)
{
    return records | sluice::groupByKey();
}
