#pragma once

#include <sluice/version.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace sluice::detail::inline SLUICE_ABI {

/// The first of several complaints of one kind, and how many there were: a hundred thousand files
/// must not become as many events.
class Complaint {
public:
    void add(std::string_view complaint)
    {
        if (count_++ == 0) { first_ = complaint; }
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    [[nodiscard]] std::string text() const
    {
        return count_ < 2 ? first_ : first_ + ", and " + std::to_string(count_ - 1) + " more";
    }

private:
    std::uint64_t count_ = 0;
    std::string first_;
};

inline std::string textOfError(int error)
{
    return std::generic_category().message(error);
}

} // namespace sluice::detail::inline SLUICE_ABI
