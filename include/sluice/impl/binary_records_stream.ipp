#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/input/binary_records_stream.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL FileSourceInfo binaryRecordsInfo(std::size_t recordLength)
{
    constexpr std::size_t longest = 2'147'483'647; // as in Spark; and -1 is no length
    if (recordLength == 0 || recordLength > longest) {
        throw InvalidArgument{"sluice: binaryRecordsStream(context, directory, recordLength): " +
                              std::to_string(recordLength) + " bytes given, must be 1 to " +
                              std::to_string(longest)};
    }
    return {"binaryRecordsStream", recordLength,
        "ends of files shorter than a record of " + std::to_string(recordLength) + " bytes"};
}

SLUICE_DECL BinaryReader::BinaryReader(std::size_t recordLength)
    : recordLength_{recordLength}, buffers_{std::make_shared<Pool<Buffer>>()}
{
}

SLUICE_DECL std::string_view BinaryReader::fill(Buffer& buffer, OpenSlice& file) const
{
    constexpr std::size_t blockBytes = std::size_t{256} << 10U;
    const std::uint64_t left = file.until() - file.position();
    if (!file.isOpen() || left == 0) { return {}; }
    if (left < recordLength_) { // read for nobody
        file.countRefused(1);
        file.seek(file.until());
        return {};
    }
    const std::size_t most = std::max<std::size_t>(blockBytes / recordLength_, 1);
    const auto wanted = std::min<std::uint64_t>(most, left / recordLength_);
    buffer.resize(static_cast<std::size_t>(wanted) * recordLength_);
    std::size_t size = 0;
    std::size_t bytes = 1;
    while (size < buffer.size() && bytes > 0) {
        bytes = file.read(std::span{buffer}.subspan(size));
        size += bytes;
    }
    const std::size_t records = size / recordLength_;
    file.countBytes(size);
    file.countRecords(records);
    if (size % recordLength_ != 0) { file.countRefused(1); } // it has shrunk
    if (size < buffer.size()) { file.seek(file.until()); }
    return {buffer.data(), records * recordLength_};
}

} // namespace sluice::detail::inline SLUICE_ABI
