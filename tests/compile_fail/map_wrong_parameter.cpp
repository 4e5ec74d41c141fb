// expect: sluice: map\(function\): .* callable as U\(const T&\), with a result
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include <cstddef>
#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto size = [](int* line) { return line != nullptr; };
#else
constexpr auto size = [](const std::string& line) { return line.size(); };
#endif

auto sizes(const std::vector<std::string>& lines)
{
    return sluice::evaluate(sluice::map(size), lines);
}
