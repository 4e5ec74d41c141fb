// expect: sluice: tryMap\(function\): its results must own what they refer to
// budget: 14
#include <sluice/dstream/try_map.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto text = [](const std::string& line) { return line.c_str(); };
#else
constexpr auto text = [](const std::string& line) { return line; };
#endif

auto texts(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::tryMap(text);
}
