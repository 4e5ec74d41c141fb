// expect: sluice: branch\(predicates...\): each predicate must be callable as bool\(const T&\)
// budget: 14
#include <sluice/dstream/branch.hpp>

#include <string>

constexpr auto isEmpty = [](const std::string& line) { return line.empty(); };
#ifdef SLUICE_EXPECT_FAILURE
constexpr auto isError = [](int level) { return level > 3; };
#else
constexpr auto isError = [](const std::string& line) { return line.front() == 'E'; };
#endif

auto branches(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::branch(isEmpty, isError);
}
