// expect: sluice: flatMap\(function\): .* callable as Range\(const T&\)
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map.hpp>

#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto letters = [](const std::string& line) { return line.size(); };
#else
constexpr auto letters = [](const std::string& line) { return line; };
#endif

auto all(const std::vector<std::string>& lines)
{
    return sluice::evaluate(sluice::flatMap(letters), lines);
}
