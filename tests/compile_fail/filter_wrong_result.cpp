// expect: sluice: filter\(predicate\): the predicate must be callable as bool\(const T&\)
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>

#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto predicate = [](const std::string& line) { return line; };
#else
constexpr auto predicate = [](const std::string& line) { return !line.empty(); };
#endif

auto kept(const std::vector<std::string>& lines)
{
    auto never = sluice::filter([](const std::string&) { return false; });
    return sluice::evaluate(never | sluice::filter(predicate) | never, lines);
}
