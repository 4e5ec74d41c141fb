// expect: sluice: mapValues\(function\): .* callable as U\(const V&\), with a result
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map_values.hpp>

#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto look = [](int) {};
#else
constexpr auto look = [](int x) { return x; };
#endif

auto looked(const std::vector<std::pair<char, int>>& records)
{
    return sluice::evaluate(sluice::mapValues(look), records);
}
