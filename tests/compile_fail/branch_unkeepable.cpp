// expect: sluice: records that are kept must own what they refer to
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/branch.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto text = [](const std::string& line) { return line.c_str(); };
#else
constexpr auto text = [](const std::string& line) { return line; };
#endif

auto branches(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::map(text) | sluice::branch([](const auto&) { return true; });
}
