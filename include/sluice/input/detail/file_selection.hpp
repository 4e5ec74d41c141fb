#pragma once

#include <sluice/input/detail/file_slice.hpp> // ChosenFile
#include <sluice/input/file_stream_options.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

class Complaint;

using ChosenFiles = std::shared_ptr<const std::vector<ChosenFile>>;

/// Says which files of a directory, or of all directories that match a pattern, belong to which
/// batch: Spark's rule. All times are whole milliseconds.
class FileSelection {
public:
    /// `slide` is the time between two batches, `created` when the stream was made.
    FileSelection(
        std::string directory, FileStreamOptions&& options, Duration slide, Instant created);

    /// The files that the batch of `time` takes, by path; none twice. To be called once for each
    /// batch, in their order. What goes wrong is added to `problems`: nothing of it throws.
    [[nodiscard]] ChosenFiles choose(Time time, std::vector<std::string>& problems);

    /// How long chosen files are remembered, and the oldest that a file may be to be chosen.
    [[nodiscard]] Duration rememberDuration() const noexcept { return remember_; }

private:
    struct Listing;

    void forgetBefore(Time time);
    [[nodiscard]] std::vector<std::string> directories(Complaint& unlisted) const;
    void look(const std::string& directory, Listing& listing) const;
    /// Tells of a pattern for which there is no directory: once, until there is one.
    void tellOfNoMatch(const Listing& listing, std::vector<std::string>& problems);

    std::string directory_;
    bool isPattern_;
    FileStreamOptions options_;
    Duration remember_;
    Time after_; // files must be younger
    bool toldOfNoMatch_ = false;

    std::deque<std::pair<Time, ChosenFiles>> remembered_;
    std::unordered_set<std::string_view> chosen_; // the paths in it
};

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/file_selection.ipp>
#endif
