#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/version.hpp>

#include <string>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {

/// Refuses what begins as `file://` and `hdfs://` do: taken as a path it would name a folder that
/// nobody has, and be waited for.
inline void refuseUrl(const std::string& call, const std::string& path)
{
    constexpr std::string_view ofScheme{
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"};
    const std::size_t end = path.find_first_not_of(ofScheme);
    if (end == 0 || end == std::string::npos || path.compare(end, 3, "://") != 0) { return; }
    throw InvalidArgument{"sluice: " + call + ": " + path + " given, must be a path of this " +
                          "machine's, without " + path.substr(0, end + 3)};
}

} // namespace sluice::detail::inline SLUICE_ABI
