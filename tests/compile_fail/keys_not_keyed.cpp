// expect: sluice: keys, values: the records must be key and value, anything with the tuple
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/pairs.hpp>

#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Record = int;
#else
using Record = std::pair<int, int>;
#endif

auto keysOf(const std::vector<Record>& records)
{
    return sluice::evaluate(sluice::keys, records);
}
