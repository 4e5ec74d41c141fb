#pragma once

#include <sluice/output/text_form.hpp>

#include <charconv>

namespace sluice::detail::inline SLUICE_ABI {

template <class Number>
void appendDigits(std::string& out, Number number)
{
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

SLUICE_DECL void appendBytes(std::string& out, std::string_view bytes)
{
    out += bytes;
}
SLUICE_DECL void appendNumber(std::string& out, long long number)
{
    appendDigits(out, number);
}
SLUICE_DECL void appendNumber(std::string& out, unsigned long long number)
{
    appendDigits(out, number);
}

} // namespace sluice::detail::inline SLUICE_ABI
