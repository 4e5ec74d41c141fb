#pragma once

#include <sluice/output/print.hpp>

#include <cstdio>
#include <ostream>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void printHeads(
    const std::vector<PrintedHead>& heads, Time time, std::size_t atMost, std::ostream* out)
{
    const std::string_view rule = "-------------------------------------------\n";
    std::string text{rule};
    text += "Time: " + toString(time) + '\n';
    text += rule;
    std::size_t printed = 0;
    bool more = false;
    for (const PrintedHead& head : heads) {
        more = more || head.more;
        for (const std::string& line : head.lines) {
            if (printed == atMost) {
                more = true;
                break;
            }
            text += line;
            text += '\n';
            ++printed;
        }
    }
    if (more) { text += "...\n"; }
    text += '\n';
    if (out != nullptr) {
        *out << text << std::flush;
    } else {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
