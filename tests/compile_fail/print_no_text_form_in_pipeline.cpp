// expect: sluice: print\(\): the records need a text form
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/print.hpp>

struct Point {
    int x = 0;
};

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto point = [](int x) { return Point{x}; };
#else
constexpr auto point = [](int x) { return Point{x}.x; };
#endif

void show(const sluice::DStream<int>& numbers)
{
    numbers | (sluice::map(point) | sluice::print());
}
