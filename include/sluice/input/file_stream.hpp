#pragma once

#include <sluice/algebra/transducer.hpp> // Refused
#include <sluice/input/detail/read_files.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// A file while a reader reads it, from its first byte on.
class FileInput {
public:
    explicit FileInput(detail::OpenSlice& file) : file_{file} {}

    [[nodiscard]] std::string_view path() const noexcept { return file_.path(); }

    /// Its bytes when it was chosen: more are never read, and fewer come where it has shrunk.
    [[nodiscard]] std::uint64_t size() const noexcept { return file_.fileSize(); }

    /// Reads on into `to` and says how many bytes that were; 0 is the end of the file.
    [[nodiscard]] std::size_t read(std::span<char> to)
    {
        const std::size_t bytes = file_.read(to);
        file_.countBytes(bytes);
        return bytes;
    }

    /// Counts and reports records of the file that cannot be used.
    void refuse(std::size_t records = 1) noexcept { file_.countRefused(records); }

private:
    detail::OpenSlice& file_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

/// What a reader gives its records to.
template <class T, class Next>
class Emit {
public:
    Emit(OpenSlice& file, Next& next) : file_{file}, next_{next} {}

    void operator()(const T& record)
    {
        file_.countRecords(1);
        next_(record);
    }
    void operator()(T&& record)
    {
        file_.countRecords(1);
        next_(std::move(record));
    }

private:
    OpenSlice& file_;
    Next& next_;
};

template <class T>
struct Nowhere {
    void operator()(const T&) {}
};
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// `R` makes records of a file's bytes. It is copied into each task.
///
/// - `Record`: the type of its records.
/// - `read(FileInput& file, emit)`: reads the file piece by piece, each into memory of its own, and
///   calls `emit(record)` for each record. A function template, as `emit` has no type of its own.
///   Views in a record must be good until `emit` returns, no longer.
template <class R>
concept FileReader =
    std::copy_constructible<R> && requires { typename R::Record; } &&
    requires(R& reader, FileInput& file,
        detail::Emit<typename R::Record, detail::Nowhere<typename R::Record>>& emit) {
        reader.read(file, emit);
    };

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

/// A user's reader as the loop calls it: for whole files.
template <class R>
class WholeFiles {
public:
    using Record = typename R::Record;
    static constexpr std::string_view name{"fileStream"};

    explicit WholeFiles(R reader) : reader_{std::move(reader)} {}

    template <class Next>
    void read(OpenSlice& slice, Next& next)
    {
        FileInput file{slice};
        Emit<Record, Next> emit{slice, next};
        if (slice.isOpen()) { reader_.read(file, emit); }
    }

private:
    [[no_unique_address]] R reader_;
};
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The records that `reader` finds in the files that appear in a directory.
///
/// - **Types**: a `FileReader` of `T` to a stream of `T`.
/// - **Takes**: a directory, or a pattern that selects directories (`*`, `?`, `[a-z]`, `{a,b}`, `\`
///   before what is meant as it is; no hidden ones), the reader, and `FileStreamOptions`. Of a
///   directory the plain files directly in it are seen, no nested ones.
/// - **Shape**: a partition for each file, by directory and name. Reading is part of the fused
///   loop: what uses the stream twice reads the files twice, unless it is cached; so does a retry.
/// - **Time**: the batch of time T takes each file whose path the filter accepts, whose last write
///   lies in (max(I, T - M), T] and that no remembered batch has taken. I is when the stream was
///   made (up to 10 ms before, by the system's clock: that of the kernel, by which files are dated,
///   moves in steps), or 0 with `newFilesOnly = false`; M is `minRememberDuration`, rounded up to
///   whole batches, and how long a batch is remembered. So files must be moved in when they are
///   complete, within M of their last write; and what is changed after it was chosen is not seen.
/// - **Empty**: no new file is an empty batch without partitions; an empty file has none either.
/// - **State**: the paths chosen in the last M. What is read takes one buffer of the reader's for
///   each task, however large files are.
/// - **Errors**: a directory that cannot be listed gives nothing to the batch; neither does a
///   pattern that matches no directory, of which is told once until it does; files that have
///   vanished, may not be read or are no files any more, and records that the reader refuses, are
///   counted and refused. All of it is in the event log. Errors of the system (a disk that fails)
///   and what the reader throws fail the task. InvalidArgument for an empty directory, a URL or a
///   `minRememberDuration` below 1 ms.
/// - **Cost**: one look at each entry of the directory a batch, on `compute`; records and bytes are
///   known when they were read. Chosen files are the batch's `offsets`: path, 0, 0, bytes.
/// - **Source**: Spark's `StreamingContext.fileStream`; a reader takes the place of the input
///   format.
template <FileReader R>
[[nodiscard]] auto fileStream(
    engine::Runtime& runtime, std::string directory, R reader, FileStreamOptions options = {})
{
    detail::FileSourceInfo info{"fileStream", 0, "records that the reader refused"};
    return detail::readFiles(runtime, std::move(info), std::move(directory), std::move(options),
        detail::WholeFiles<R>{std::move(reader)});
}

/// Says in one sentence what is wrong with what is no reader.
template <class R>
    requires(!FileReader<R>)
[[nodiscard]] auto fileStream(
    engine::Runtime&, const std::string&, const R&, const FileStreamOptions& = {})
{
    constexpr bool isReader = FileReader<R>;
    static_assert(isReader,
        "sluice: fileStream(context, directory, reader): the reader must have a type Record and "
        "read(FileInput& file, auto& emit), which calls emit(record)");
    return detail::Refused{};
}

} // namespace sluice::inline SLUICE_ABI
