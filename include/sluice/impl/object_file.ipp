#pragma once

#include <sluice/storage/object_file.hpp>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL ObjectFile::ObjectFile(std::string path) : path_{std::move(path)}
{
    const std::filesystem::path file{path_};
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        refuse({ErrorCode::badInput, "sluice: this is not a file"}); // might never end
    }
    left_ = std::filesystem::file_size(file, error);
    if (!error) {
        file_ = std::fopen(path_.c_str(), "rb");
        if (file_ != nullptr) { return; }
        error = {errno, std::generic_category()};
    }
    throw Error{ErrorCode::fileSystem,
        "sluice: readObjectFile(path): cannot open " + path_ + ": " + error.message()};
}

SLUICE_DECL ObjectFile::~ObjectFile()
{
    if (file_ != nullptr) { std::fclose(file_); }
}

SLUICE_DECL void ObjectFile::refuse(const Error& error) const
{
    throw Error{error.code(), error.what() + (": " + path_)};
}

SLUICE_DECL void ObjectFile::append(std::string& bytes, std::size_t size)
{
    if (size > left_) { throwTooFewBytes(size, static_cast<std::size_t>(left_)); }
    left_ -= size;
    const std::size_t before = bytes.size();
    bytes.resize(before + size);
    const std::size_t read = std::fread(bytes.data() + before, 1, size, file_);
    if (read != size) { throwTooFewBytes(size, read); } // it has become shorter
}

SLUICE_DECL BlockHeader ObjectFile::next(std::string& bytes, std::uint64_t format)
{
    bytes.clear();
    append(bytes, BlockHeader::bytes);
    const BlockHeader header = readHeader(bytes, format, blocks_++);
    append(bytes, header.payloadBytes);
    checkBlock(bytes);
    ended_ = header.last;
    if (ended_ && left_ != 0) {
        throwBadInput(std::to_string(left_) + " bytes follow the last block");
    }
    return header;
}

} // namespace sluice::detail::inline SLUICE_ABI
