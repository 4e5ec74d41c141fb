// expect: sluice: map\(function\): the function must be callable as U\(const T&\), with a result
// budget: 14
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto size = [](const std::string&) {};
#else
constexpr auto size = [](const std::string& line) { return line.size(); };
#endif

const auto sizes = sluice::filter([](const std::string& line) { return !line.empty(); }) |
                   sluice::map(size) | sluice::map([](auto x) { return x + 1; });

auto sized(const sluice::DStream<std::string>& lines)
{
    return lines | sizes | sluice::filter([](auto x) { return x > 2; });
}
