#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/input/detail/read_files.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

class FramerPool;
class TextSlice;

/// Reads slices of text files as blocks of whole lines: the lines are found by the fused loop
/// behind it.
class TextReader {
public:
    using Record = std::string_view;
    static constexpr std::string_view name{"textFileStream"};

    explicit TextReader(std::size_t maxLineBytes);

    template <class Next>
    void read(OpenSlice& file, Next& next);

private:
    friend class TextSlice;

    std::shared_ptr<FramerPool> framers_;
};

/// One slice of a text file: the lines that begin in it, as blocks.
class TextSlice {
public:
    TextSlice(OpenSlice& file, const TextReader& reader);
    ~TextSlice();
    TextSlice(const TextSlice&) = delete;
    TextSlice& operator=(const TextSlice&) = delete;

    /// The next block, good until the call after; empty at the end.
    [[nodiscard]] std::string_view next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

template <class Next>
void TextReader::read(OpenSlice& file, Next& next)
{
    TextSlice slice{file, *this};
    for (std::string_view block = slice.next(); !block.empty(); block = slice.next()) {
        next(std::as_const(block));
    }
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The lines of the text files that appear in a directory.
///
/// - **Types**: a directory to a stream of `std::string_view`, good for as long as the record is
///   worked on: who keeps lines keeps copies, as everywhere.
/// - **Takes**: what `fileStream` takes, but a reader. Lines end at LF, CR or CR LF, which are not
///   part of them; the last one needs no end.
/// - **Shape**: a partition for each file, by directory and name; files above 16 MiB are cut into
///   several at line ends. Reading and finding the lines are part of the fused loop.
/// - **Time**: as for `fileStream`.
/// - **Empty**: no new file is an empty batch without partitions; an empty file has none either.
/// - **State**: the paths chosen of late. What is read takes a buffer of 256 KiB for each task, or
///   of `maxLineBytes` where that is more.
/// - **Errors**: as for `fileStream`. A line longer than `maxLineBytes` is counted and refused.
/// - **Cost**: each byte is read once, and looked at twice: for the count of lines, and to find
///   them.
/// - **Source**: Spark's `StreamingContext.textFileStream`.
[[nodiscard]] inline auto textFileStream(
    engine::Runtime& runtime, std::string directory, FileStreamOptions options = {})
{
    detail::FileSourceInfo info{"textFileStream", 1, "lines longer than maxLineBytes"};
    const detail::TextReader reader{runtime.options().maxLineBytes};
    return detail::readFiles(
               runtime, std::move(info), std::move(directory), std::move(options), reader) |
           flatMap(lines);
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/text_file_stream.ipp>
#endif
