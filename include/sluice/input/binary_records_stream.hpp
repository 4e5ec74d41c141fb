#pragma once

#include <sluice/input/detail/read_files.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Reads slices of files of fixed-length records.
class BinaryReader {
public:
    using Record = std::string_view;
    static constexpr std::string_view name{"binaryRecordsStream"};

    explicit BinaryReader(std::size_t recordLength);

    template <class Next>
    void read(OpenSlice& file, Next& next)
    {
        const auto buffer = buffers_->take();
        for (std::string_view block = fill(*buffer, file); !block.empty();
             block = fill(*buffer, file)) {
            for (; !block.empty(); block.remove_prefix(recordLength_)) {
                next(block.substr(0, recordLength_));
            }
        }
    }

private:
    using Buffer = std::vector<char>;

    /// The next whole records of the slice; nothing at its end.
    [[nodiscard]] std::string_view fill(Buffer& buffer, OpenSlice& file) const;

    std::size_t recordLength_;
    std::shared_ptr<Pool<Buffer>> buffers_;
};

/// How files of records of so many bytes are read. Throws InvalidArgument for a wrong length.
[[nodiscard]] FileSourceInfo binaryRecordsInfo(std::size_t recordLength);

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The records of the files that appear in a directory, all of `recordLength` bytes.
///
/// - **Types**: a directory to a stream of `std::string_view`s of `recordLength` bytes, good for as
///   long as the record is worked on: who keeps records keeps copies, as everywhere.
/// - **Takes**: what `fileStream` takes, and the length, 1 to 2147483647, in a reader's place.
/// - **Shape**: a partition for each file, by directory and name; files above 16 MiB are cut into
///   several. Reading is part of the fused loop.
/// - **Time**: as for `fileStream`.
/// - **Empty**: no new file is an empty batch without partitions; an empty file has none either.
/// - **State**: the paths chosen of late. What is read takes a buffer of 256 KiB for each task, or
///   of a record where that is more.
/// - **Errors**: as for `fileStream`. What is left behind the last whole record of a file is
///   counted and refused, as one record; Spark fails the job. InvalidArgument for a wrong length.
/// - **Cost**: each byte is read once.
/// - **Source**: Spark's `StreamingContext.binaryRecordsStream`.
[[nodiscard]] inline auto binaryRecordsStream(engine::Runtime& runtime, std::string directory,
    std::size_t recordLength, FileStreamOptions options = {})
{
    auto info = detail::binaryRecordsInfo(recordLength);
    return detail::readFiles(runtime, std::move(info), std::move(directory), std::move(options),
        detail::BinaryReader{recordLength});
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/binary_records_stream.ipp>
#endif
