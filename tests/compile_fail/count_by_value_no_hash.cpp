// expect: sluice: countByValue\(\): the records need operator== and a hash
// budget: 14
#include <sluice/dstream/shuffle/count_by_value.hpp>

struct Point {
    int x;
    bool operator==(const Point&) const = default;
};

#ifdef SLUICE_EXPECT_FAILURE
using Record = Point;
#else
using Record = int;
#endif

auto made(const sluice::DStream<Record>& records)
{
    return records | sluice::countByValue();
}
