#pragma once

#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/impl/complaint.ipp>
#include <sluice/input/detail/file_selection.hpp>

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <limits>
#include <new>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

struct FreeMatches {
    void operator()(glob_t* matches) const noexcept { ::globfree(matches); }
};

inline thread_local Complaint* unmatched = nullptr; // of the `glob` under way on this thread

/// For `glob`: a directory in whose names it wanted to look.
inline int onUnlisted(const char* directory, int error)
{
    if (error == ENOENT || error == ENOTDIR) { return 0; } // then nothing matches
    try {
        unmatched->add(std::string{directory} + ": " + textOfError(error));
    } catch (...) { // no memory to tell of it, and no way through C
    }
    return 0;
}

inline Time modificationTime(const struct stat& status)
{
    // A file may claim any time; more than this cannot be counted in milliseconds.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    const std::chrono::seconds seconds{
        std::clamp<std::int64_t>(status.st_mtim.tv_sec, -most, most)};
    const std::chrono::milliseconds part{status.st_mtim.tv_nsec / 1'000'000};
    return Time{seconds + part};
}

inline Duration roundedUp(Duration least, Duration slide)
{
    const Duration::rep slides = least / slide + (least % slide == Duration{} ? 0 : 1);
    return slides > Duration::max() / slide ? Duration::max() : slides * slide;
}

/// What one look at all directories finds.
struct FileSelection::Listing {
    Time after;
    Time until;
    std::vector<ChosenFile> files{};
    Complaint unlisted{}; ///< directories
    Complaint unseen{};   ///< entries of directories
    bool sawOne = false;  ///< a directory
};

SLUICE_DECL FileSelection::FileSelection(
    std::string directory, FileStreamOptions&& options, Duration slide, Instant created)
    : directory_{std::move(directory)},
      isPattern_{directory_.find_first_of("*?[{\\") != std::string::npos},
      options_{std::move(options)},
      remember_{roundedUp(options_.minRememberDuration, slide)},
      after_{options_.newFilesOnly ? std::chrono::floor<Duration>(created) : Time{}}
{
}

SLUICE_DECL ChosenFiles FileSelection::choose(Time time, std::vector<std::string>& problems)
{
    // Times before the epoch do not occur, so that nothing overflows here.
    const Time oldest = time.time_since_epoch() > remember_ ? time - remember_ : Time{};
    forgetBefore(oldest);
    Listing listing{std::max(after_, oldest), time};
    for (const std::string& directory : directories(listing.unlisted)) {
        look(directory, listing);
    }
    tellOfNoMatch(listing, problems);
    if (listing.unlisted.count() > 0) {
        problems.push_back("cannot list " + listing.unlisted.text());
    }
    if (listing.unseen.count() > 0) {
        problems.push_back("cannot look at " + listing.unseen.text());
    }
    auto files = std::make_shared<const std::vector<ChosenFile>>(std::move(listing.files));
    remembered_.emplace_back(time, files);
    for (const ChosenFile& file : *files) {
        chosen_.insert(file.path);
    }
    return files;
}

SLUICE_DECL void FileSelection::tellOfNoMatch(
    const Listing& listing, std::vector<std::string>& problems)
{
    if (listing.unlisted.count() > 0) { return; } // a better reason
    const bool before = std::exchange(toldOfNoMatch_, isPattern_ && !listing.sawOne);
    if (!toldOfNoMatch_ || before) { return; }
    problems.push_back("the pattern " + directory_ +
                       " matches no directory; a pattern selects directories, files are chosen by "
                       "the option filter");
}

SLUICE_DECL void FileSelection::forgetBefore(Time time)
{
    while (!remembered_.empty() && remembered_.front().first < time) {
        for (const ChosenFile& file : *remembered_.front().second) {
            chosen_.erase(file.path);
        }
        remembered_.pop_front();
    }
}

SLUICE_DECL std::vector<std::string> FileSelection::directories(Complaint& unlisted) const
{
    if (!isPattern_) { return {directory_}; }
    int flags = GLOB_NOSORT;
#ifdef GLOB_BRACE
    flags |= GLOB_BRACE;
#endif
    glob_t matches{};
    const std::unique_ptr<glob_t, FreeMatches> freed{&matches};
    unmatched = &unlisted;
    const int outcome = ::glob(directory_.c_str(), flags, &onUnlisted, &matches);
    unmatched = nullptr;
    if (outcome == GLOB_NOSPACE) { throw std::bad_alloc{}; }
    std::vector<std::string> found(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    for (std::string& each : found) {
        if (each.size() > 1 && each.ends_with('/')) { each.pop_back(); } // so that none comes twice
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

SLUICE_DECL void FileSelection::look(const std::string& directory, Listing& listing) const
{
    const auto fail = [&](const std::string& what) {
        listing.unlisted.add(directory + ": " + what);
    };
    const std::unique_ptr<DIR, CloseDirectory> open{::opendir(directory.c_str())};
    if (!open) {
        const int error = errno;
        const bool justNoDirectory = isPattern_ && (error == ENOTDIR || error == ENOENT);
        if (!justNoDirectory) { fail(textOfError(error)); }
        return;
    }
    listing.sawOne = true;
    std::vector<ChosenFile> found; // given to the batch only where the whole directory was seen
    std::string path = directory.ends_with('/') ? directory : directory + '/';
    const std::size_t prefix = path.size();
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(open.get());
        if (entry == nullptr) {
            if (errno != 0) { return fail(textOfError(errno)); }
            break;
        }
        const std::string_view name{entry->d_name};
        if (name == "." || name == "..") { continue; }
        path.resize(prefix);
        path += name;
        try {
            if (options_.filter ? !options_.filter(path) : name.front() == '.') { continue; }
        } catch (...) {
            return fail("the filter threw: " + engine::textOf(std::current_exception()));
        }
        if (chosen_.contains(path)) { continue; }
        struct stat status {};
        if (::fstatat(::dirfd(open.get()), entry->d_name, &status, 0) != 0) {
            // What is gone by now does not matter, nor a link to nowhere.
            if (errno != ENOENT) { listing.unseen.add(path + ": " + textOfError(errno)); }
            continue;
        }
        const Time modified = modificationTime(status);
        if (!S_ISREG(status.st_mode) || modified <= listing.after || modified > listing.until) {
            continue;
        }
        found.push_back({path, static_cast<std::uint64_t>(status.st_size)});
    }
    std::sort(found.begin(), found.end(),
        [](const ChosenFile& a, const ChosenFile& b) { return a.path < b.path; });
    std::move(found.begin(), found.end(), std::back_inserter(listing.files));
}

} // namespace sluice::detail::inline SLUICE_ABI
