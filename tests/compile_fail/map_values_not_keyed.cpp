// expect: sluice: mapValues\(function\): the records must be key and value, anything with the
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map_values.hpp>

#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Record = int;
#else
using Record = std::pair<char, int>;
#endif

auto doubled(const std::vector<Record>& records)
{
    return sluice::evaluate(sluice::mapValues([](int x) { return 2 * x; }), records);
}
