// expect: sluice: groupByKey\(\): the key needs operator== and a hash, std::hash<K>
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>

#include <utility>

struct Point {
    int x = 0;
    bool operator==(const Point&) const = default;
};

#ifdef SLUICE_EXPECT_FAILURE
using Key = Point;
#else
using Key = int;
#endif

const auto sizes = sluice::map([](int x) {
    return std::pair{Key{x}, x};
}) | sluice::groupByKey() |
                   sluice::mapValues([](sluice::Values<int> values) { return values.size(); });

auto grouped(const sluice::DStream<int>& numbers)
{
    return numbers | sizes;
}
