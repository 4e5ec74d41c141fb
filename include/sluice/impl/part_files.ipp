#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/impl/complaint.ipp> // textOfError
#include <sluice/impl/explain.ipp>
#include <sluice/impl/local_path.ipp>
#include <sluice/output/detail/part_files.hpp>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#if __has_include(<unistd.h>) && __has_include(<fcntl.h>)
#include <fcntl.h>
#include <unistd.h>
#define SLUICE_HAS_POSIX_FILES 1
#endif

namespace sluice::detail {

/// What does not return before the disk has it, where the system can say so.
inline bool sync(std::FILE* file)
{
#if defined(SLUICE_HAS_POSIX_FILES)
    return ::fsync(::fileno(file)) == 0;
#else
    return file != nullptr;
#endif
}

/// The names in a directory. Some file systems refuse, and have their own way to keep names.
inline void syncNames([[maybe_unused]] const std::filesystem::path& directory)
{
#if defined(SLUICE_HAS_POSIX_FILES)
    const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return; }
    ::fsync(fd);
    ::close(fd);
#endif
}

/// Whether files can be made in a directory, by whoever runs this; 0 or the system's reason.
inline int whyNotWritable([[maybe_unused]] const std::string& directory)
{
#if defined(SLUICE_HAS_POSIX_FILES)
    if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) { return errno; }
#endif
    return 0;
}

[[noreturn]] inline void throwCannotWrite(const std::string& what, const std::error_code& error)
{
    throw Error{ErrorCode::fileSystem, "sluice: cannot write " + what + ": " + error.message()};
}

/// Whether it is a directory that no output made, and is not empty.
inline bool isForeign(const std::filesystem::path& directory)
{
    std::error_code error;
    return std::filesystem::is_directory(directory, error) &&
           !std::filesystem::exists(directory / "_SUCCESS", error) &&
           !std::filesystem::is_empty(directory, error);
}

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL PartFile::PartFile(const std::string& path, std::string shownAs, std::string& buffer)
    : shownAs_{std::move(shownAs)}, buffer_{buffer}, file_{std::fopen(path.c_str(), "wb")}
{
    if (file_ == nullptr) { fail(); }
    std::setvbuf(file_, nullptr, _IONBF, 0); // there is a buffer already
    buffer_.clear();
}

SLUICE_DECL PartFile::~PartFile()
{
    if (file_ != nullptr) { std::fclose(file_); }
}

SLUICE_DECL void PartFile::fail() const
{
    throwCannotWrite(shownAs_, {errno, std::generic_category()});
}

SLUICE_DECL void PartFile::flush()
{
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) { fail(); }
    buffer_.clear();
}

SLUICE_DECL void PartFile::close()
{
    flush();
    if (!sync(file_)) { fail(); }
    if (std::fclose(std::exchange(file_, nullptr)) != 0) { fail(); }
}

SLUICE_DECL BatchPath::BatchPath(std::string_view operation, std::string prefix, std::string suffix)
    : prefix_{std::move(prefix)}, suffix_{std::move(suffix)}
{
    refuseUrl(std::string{operation} + "(prefix, suffix)", prefix_);
    if (suffix_.find('/') != std::string::npos) {
        throw InvalidArgument{"sluice: " + std::string{operation} + "(prefix, suffix): suffix " +
                              suffix_ + " given, must not contain /"};
    }
}

SLUICE_DECL std::string BatchPath::named(std::string_view batch) const
{
    std::string name = prefix_;
    if (!name.empty()) { name += '-'; }
    name += batch;
    if (!suffix_.empty()) { name += '.' + suffix_; }
    return name;
}

SLUICE_DECL std::string BatchPath::of(Time batch) const
{
    return named(std::to_string(batch.time_since_epoch().count()));
}

SLUICE_DECL std::string BatchPath::ofAll() const
{
    const std::filesystem::path path{named("*")};
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return (error ? path : whole).lexically_normal().string();
}

SLUICE_DECL std::string BatchPath::folder() const
{
    const auto parent = std::filesystem::path{named("*")}.parent_path();
    return parent.empty() ? "." : parent.string();
}

SLUICE_DECL std::string BatchPath::hidden(std::uint32_t stage) const
{
    const std::filesystem::path path{named("*")};
    engine::detail::PlanHash hash; // two programs with a directory in common
    hash.add(path.filename().string());
    const std::string name =
        ".sluice-" + std::to_string(hash.value()) + '-' + std::to_string(stage) + '-';
    return (path.parent_path() / name).string();
}

SLUICE_DECL PartFilesOutput::PartFilesOutput(
    engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, BatchPath path)
    : Output{std::move(info), std::move(parent)}, path_{std::move(path)}
{
    requireFolder();
}

SLUICE_DECL void PartFilesOutput::requireFolder() const
{
    namespace fs = std::filesystem;
    const std::string folder = path_.folder();
    const auto refuse = [&](const std::string& what) {
        throw InvalidArgument{
            "sluice: " + info().name + "(prefix, suffix): the folder " + folder + ' ' + what};
    };
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (status.type() == fs::file_type::not_found) { refuse("does not exist"); }
    if (error) { refuse("cannot be looked at: " + error.message()); }
    if (!fs::is_directory(status)) { refuse("is none"); }
    if (const int reason = whyNotWritable(folder)) {
        refuse("cannot be written to: " + textOfError(reason));
    }
}

SLUICE_DECL void PartFilesOutput::Buffer::clear() noexcept
{
    bytes.clear();
    // A single huge record is no reason to keep its memory.
    if (bytes.capacity() > 16 * PartFile::bufferBytes) { std::string{}.swap(bytes); }
}

SLUICE_DECL std::string PartFilesOutput::hidden(Time batch, std::string_view ending) const
{
    std::string path = path_.hidden(info().id);
    path += std::to_string(batch.time_since_epoch().count());
    return path.append(ending);
}

/// Removes what a process left that was killed; what it was about to replace gets its name back.
SLUICE_DECL void PartFilesOutput::tidy() const
{
    namespace fs = std::filesystem;
    const fs::path ours{path_.hidden(info().id)};
    const std::string begin = ours.filename().string();
    const fs::path folder = ours.has_parent_path() ? ours.parent_path() : fs::path{"."};
    std::vector<fs::path> left;
    std::error_code error; // what cannot be removed is no reason not to write
    for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{};
         entry.increment(error)) {
        if (entry->path().filename().string().starts_with(begin)) { left.push_back(entry->path()); }
    }
    for (const fs::path& path : left) {
        const std::string time = path.stem().string().substr(begin.size());
        Duration::rep count = 0;
        if (path.extension() == ".old" &&
            std::from_chars(time.data(), time.data() + time.size(), count).ec == std::errc{}) {
            const fs::path target{path_.of(Time{Duration{count}})};
            fs::rename(path, target, error); // which does not replace one that has files
            if (!error || !fs::is_directory(target, error)) { continue; }
        }
        fs::remove_all(path, error);
    }
}

SLUICE_DECL engine::Stage::Work PartFilesOutput::open(const engine::BatchContext& batch)
{
    if (!std::exchange(tidied_, true)) { tidy(); }
    const std::string name = hidden(batch.time(), ".tmp");
    std::error_code error;
    std::filesystem::remove_all(name, error); // of a run that was killed in this batch
    if (!error) { std::filesystem::create_directory(name, error); }
    if (error) { throwCannotWrite("to the folder " + path_.folder(), error); }
    temporary_ = name;
    target_ = path_.of(batch.time());
    groups_ = {input(), batch};
    return groups_.work();
}

SLUICE_DECL void PartFilesOutput::runTask(std::size_t task, engine::TaskContext& context)
{
    const auto buffer = buffers_.take();
    for (auto [i, end] = groups_[task]; i != end; ++i) {
        context.partition = i;
        const std::string digits = std::to_string(i);
        std::string name{"/part-"};
        if (digits.size() < 5) { name.append(5 - digits.size(), '0'); }
        name += digits;
        PartFile file{temporary_ + name, target_ + name, buffer->bytes};
        write(file, input()[i]);
        file.close();
    }
}

SLUICE_DECL void PartFilesOutput::commit(const engine::BatchContext& batch)
{
    namespace fs = std::filesystem;
    std::string nothing;
    PartFile{temporary_ + "/_SUCCESS", target_ + "/_SUCCESS", nothing}.close();
    syncNames(temporary_);
    // A directory takes the place of an empty one only: what an earlier run wrote steps aside.
    const fs::path target{target_};
    if (isForeign(target)) {
        throw Error{ErrorCode::fileSystem,
            "sluice: the folder " + target_ + " is there and " + info().name +
                " did not write it: it has no _SUCCESS; it is left as it is"};
    }
    const fs::path old{hidden(batch.time(), ".old")};
    std::error_code error;
    fs::remove_all(old, error);
    const bool again = !error && fs::is_directory(target, error);
    if (again) { fs::rename(target, old, error); }
    const bool free = !again || !error;
    if (free) { fs::rename(temporary_, target, error); }
    if (error) {
        std::error_code ignored;
        if (again && free) { fs::rename(old, target, ignored); }
        throwCannotWrite("the folder " + target_, error);
    }
    temporary_.clear();
    syncNames(target.parent_path());
    fs::remove_all(old, error); // the batch is there, whether this succeeds or not
}

SLUICE_DECL void PartFilesOutput::release() noexcept
{
    Output::release();
    if (temporary_.empty()) { return; }
    std::error_code ignored; // why the batch failed is known already
    std::filesystem::remove_all(temporary_, ignored);
    temporary_.clear();
}

} // namespace sluice::detail::inline SLUICE_ABI

#undef SLUICE_HAS_POSIX_FILES
