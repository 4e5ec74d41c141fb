// expect: sluice: filter\(predicate\): the predicate must be callable as bool\(const T&\)
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>

#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto predicate = [](int* line) { return line != nullptr; };
#else
constexpr auto predicate = [](const std::string& line) { return !line.empty(); };
#endif

auto kept(const std::vector<std::string>& lines)
{
    return sluice::evaluate(sluice::filter(predicate), lines);
}
