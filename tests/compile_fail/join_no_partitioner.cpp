// expect: cogroup and joins: the partitioner must have partitions\(\) and operator==
// budget: 14
#include <sluice/dstream/shuffle/join.hpp>

#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto byKey = [](int key) { return key % 4; };
#else
const sluice::HashPartitioner byKey{4};
#endif

using Records = sluice::DStream<std::pair<int, int>>;

auto joined(const Records& records, const Records& others)
{
    return records | sluice::join(others, byKey);
}
