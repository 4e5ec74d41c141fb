// expect: sluice: mapValues\(function\): .* callable as U\(const V&\), with a result
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map_values.hpp>

#include <string>
#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::pair<char, std::string>;
#else
using Record = std::pair<char, int>;
#endif

auto doubled(const std::vector<Record>& records)
{
    return sluice::evaluate(sluice::mapValues([](int x) { return 2 * x; }), records);
}
