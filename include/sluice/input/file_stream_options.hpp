#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <functional>
#include <string>

namespace sluice::inline SLUICE_ABI {

/// Which files of a directory a stream of files takes, and when it no longer looks at one.
struct FileStreamOptions {
    /// Whether a path may be chosen: it may take a `std::string`, a view or a path. Where empty,
    /// every name that does not begin with a dot. Called on `compute` for each entry of the
    /// directory at each batch, so it should be quick.
    std::function<bool(const std::string& path)> filter{};
    /// Whether files are left out that were written before the stream was made. Where false, those
    /// are taken too that are not older than `minRememberDuration` at the first batch.
    bool newFilesOnly = true;
    /// How old, since its last write, a file may be when it is first seen, and how long those that
    /// were chosen are remembered: rounded up to whole batch intervals.
    Duration minRememberDuration{60'000};
};

} // namespace sluice::inline SLUICE_ABI
