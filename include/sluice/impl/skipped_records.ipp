#pragma once

#include <sluice/engine/skipped_records.hpp>

#include <boost/system/system_error.hpp>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL std::string textOf(const std::exception& failure)
{
    std::string text{failure.what()};
    if (const auto* error = dynamic_cast<const boost::system::system_error*>(&failure)) {
        // The code's part comes last, with a place in a file where Boost knows one.
        const std::string ofCode = error->code().what();
        if (text.ends_with(ofCode)) {
            text.replace(text.size() - ofCode.size(), ofCode.size(), error->code().message());
        }
    }
    return text;
}

SLUICE_DECL std::string textOf(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return textOf(error);
    } catch (...) {
        return "unknown exception";
    }
}

SLUICE_DECL void SkippedRecords::skip(
    std::string_view operatorName, const std::exception_ptr& cause)
{
    if (count++ == 0) { first = std::string{operatorName} + ": " + textOf(cause); }
}

} // namespace sluice::inline SLUICE_ABI::engine
