#pragma once

#include <sluice/engine/skipped_records.hpp>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL std::string textOf(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
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
