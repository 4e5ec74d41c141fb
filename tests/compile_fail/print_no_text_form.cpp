// expect: sluice: print\(\): the records need a text form: operator<<, or pairs, tuples
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/print.hpp>

#include <optional>
#include <utility>

struct Point {
    int x = 0;
};

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::pair<int, std::optional<Point>>;
#else
using Record = std::pair<int, std::optional<int>>;
#endif

void show(const sluice::DStream<Record>& records)
{
    records | sluice::print();
}
