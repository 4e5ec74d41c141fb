// expect: sluice: reduceByKey\(function\): the key needs operator== and a hash, std::hash<K>
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <functional>
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

auto reduced(const sluice::DStream<std::pair<Key, long>>& records)
{
    return records | sluice::reduceByKey(std::plus{});
}
