#pragma once

#include <sluice/algebra/borrow.hpp> // Lifetime
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/detail/file_slice.hpp>
#include <sluice/input/file_stream_options.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What a stream of files does with one slice inside a fused loop: reads it.
template <class Reader, class Next>
class ReadFilesStep {
public:
    ReadFilesStep(Reader reader, Next&& next) : reader_{std::move(reader)}, next_{std::move(next)}
    {
    }

    void operator()(const FileSlice& slice)
    {
        try {
            OpenSlice file{slice};
            reader_.read(file, next_);
            file.finish();
        } catch (...) {
            failIn(Reader::name);
        }
    }

    auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] Reader reader_;
    Next next_;
};

/// The narrow operator in front of every stream of files. A reader has a `name`, a `Record` and
/// `read(OpenSlice&, next)`, which sends what it finds in the slice on to `next`.
template <class Reader>
class ReadFiles {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{Reader::name};

    explicit ReadFiles(Reader reader) : reader_{std::move(reader)} {}

    template <class T>
    using Output = typename Reader::Record;

    template <class T>
    static constexpr bool accepts = std::same_as<T, FileSlice>;

    template <class T>
    static constexpr Lifetime lifetime(Lifetime)
    {
        return Lifetime::ephemeral; // records point into a buffer that is used again
    }

    template <class Next>
    auto operator()(Next next) const -> ReadFilesStep<Reader, Next>
    {
        return {reader_, std::move(next)};
    }

private:
    [[no_unique_address]] Reader reader_;
};

/// How a stream of files is known, how its files are cut, and what its reader refuses.
struct FileSourceInfo {
    std::string name;         ///< `textFileStream`
    std::uint64_t cutAt = 0;  ///< files may be cut at multiples of so many bytes; 0: nowhere
    std::string refused = {}; ///< what is wrong with records that its reader refuses
};

/// The source of file slices: the files are read by the fused loop behind it. Throws
/// InvalidArgument for wrong options.
[[nodiscard]] std::shared_ptr<engine::Stage> makeFileSource(engine::Runtime& runtime,
    FileSourceInfo&& info, std::string&& directory, FileStreamOptions&& options);

template <class Reader>
[[nodiscard]] auto readFiles(engine::Runtime& runtime, FileSourceInfo info, std::string directory,
    FileStreamOptions options, Reader reader)
{
    auto source =
        makeFileSource(runtime, std::move(info), std::move(directory), std::move(options));
    return DStream<typename Reader::Record, From<FileSlice, ReadFiles<Reader>>>{
        runtime, std::move(source), ReadFiles<Reader>{std::move(reader)}};
}

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/file_source.ipp>
#endif
