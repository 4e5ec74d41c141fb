#pragma once

#include <sluice/algebra/step_failure.hpp> // Skipper
#include <sluice/engine/config.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI::engine {

/// What an exception says, in words for users: `what()`, without where in Boost a system error came
/// up.
[[nodiscard]] std::string textOf(const std::exception& failure);
/// The same of any exception, as far as it says anything.
[[nodiscard]] std::string textOf(const std::exception_ptr& failure);

/// Records that were given up because a user's function threw.
struct SkippedRecords final : sluice::detail::Skipper {
    std::size_t count = 0;
    std::string first{}; ///< what the first of them failed of

    void skip(std::string_view operatorName, const std::exception_ptr& cause) override;
};

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/skipped_records.ipp>
#endif
