// expect: sluice: flatMap\(function\): the function must be callable as Range\(const T&\)
// budget: 14
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto letters = [](const std::string& line) { return line.size(); };
#else
constexpr auto letters = [](const std::string& line) { return line; };
#endif

auto lettersOf(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::flatMap(letters) | sluice::map([](char c) { return c + 1; });
}
