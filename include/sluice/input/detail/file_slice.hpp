#pragma once

#include <sluice/engine/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sluice::detail::inline SLUICE_ABI {

/// A file as it was when a batch chose it.
struct ChosenFile {
    std::string path;
    std::uint64_t size = 0; ///< what is read of it, however it grows
};

/// What came of reading a slice. Written by whoever has read it to its end: a retry or another
/// consumer finds the same again.
struct SliceOutcome {
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> refused{0}; ///< records
    std::atomic<int> error{0};             ///< why the file could not be opened, as `errno`
    std::atomic<bool> shrunk{false};       ///< the file ended before the size that was chosen
};

/// A part of a chosen file: what a stream of files has for a record, until its loop reads it.
struct FileSlice {
    const ChosenFile* file = nullptr;
    std::uint64_t from = 0;  ///< the first byte
    std::uint64_t until = 0; ///< the byte behind the last
    mutable SliceOutcome outcome;
};

/// A slice while it is read. What has gone wrong with the file since it was chosen (it is no longer
/// there, may not be read, is no plain file, is shorter) is noted, and reads as its end.
class OpenSlice {
public:
    /// Never blocks on what turns out to be a pipe. Throws Error where the system fails.
    explicit OpenSlice(const FileSlice& slice);
    ~OpenSlice();
    OpenSlice(const OpenSlice&) = delete;
    OpenSlice& operator=(const OpenSlice&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return slice_.file->path; }
    [[nodiscard]] std::uint64_t fileSize() const noexcept { return slice_.file->size; }
    [[nodiscard]] std::uint64_t from() const noexcept { return slice_.from; }
    [[nodiscard]] std::uint64_t until() const noexcept { return slice_.until; }
    [[nodiscard]] bool isOpen() const noexcept { return descriptor_ >= 0; }

    /// Where the next read begins: with the first byte of the slice at first.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    void seek(std::uint64_t offset) noexcept { position_ = offset; }

    /// Reads into `to` what it can hold of the rest of the file, as it was when it was chosen; 0 is
    /// its end. Throws Error where the system fails.
    [[nodiscard]] std::size_t read(std::span<char> to);

    void countRecords(std::uint64_t records) noexcept { records_ += records; }
    void countBytes(std::uint64_t bytes) noexcept { bytes_ += bytes; }
    void countRefused(std::uint64_t records) noexcept { refused_ += records; }

    /// The slice was read to its end: what was counted counts.
    void finish() noexcept;

private:
    void refuse(int error) noexcept;
    [[noreturn]] void fail(const char* what, int error) const;

    const FileSlice& slice_;
    int descriptor_ = -1;
    int error_ = 0;
    bool shrunk_ = false;
    std::uint64_t position_;
    std::uint64_t records_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t refused_ = 0;
};

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/file_slice.ipp>
#endif
