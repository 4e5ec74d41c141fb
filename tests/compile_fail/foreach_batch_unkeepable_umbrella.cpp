// expect: sluice: records that are kept must own what they refer to: use std::string for views
// budget: 14
#include <sluice/sluice.hpp>

#include <span>
#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto part = [](const std::string& line) { return std::span{line}; };
#else
constexpr auto part = [](const std::string& line) { return line; };
#endif

void each(const sluice::DStream<std::string>& lines)
{
    lines | sluice::filter([](const std::string& line) { return !line.empty(); }) |
        (sluice::map(part) | sluice::filter([](const auto& p) { return p.size() > 2; }) |
            sluice::foreachBatch([](const auto&) {}));
}
