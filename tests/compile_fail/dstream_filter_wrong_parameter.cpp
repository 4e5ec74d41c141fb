// expect: sluice: filter\(predicate\): the predicate must be callable as bool\(const T&\)
// budget: 14
#include <sluice/algebra/filter.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto predicate = [](int* line) { return line != nullptr; };
#else
constexpr auto predicate = [](const std::string& line) { return !line.empty(); };
#endif

auto kept(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::filter(predicate);
}
