// expect: sluice: flatMapValues\(function\): the function must be callable as Range\(const V&\)
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map_values.hpp>

#include <array>
#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto twice = [](int x) { return 2 * x; };
#else
constexpr auto twice = [](int x) { return std::array{x, x}; };
#endif

auto doubled(const std::vector<std::pair<char, int>>& records)
{
    return sluice::evaluate(sluice::flatMapValues(twice), records);
}
