#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/storage/block.hpp>
#include <sluice/storage/partition.hpp>
#include <sluice/storage/serde.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// The blocks of a file, one after the other.
class ObjectFile {
public:
    explicit ObjectFile(std::string path);
    ObjectFile(const ObjectFile&) = delete;
    ObjectFile& operator=(const ObjectFile&) = delete;
    ~ObjectFile();

    [[nodiscard]] bool atEnd() const noexcept { return ended_; }

    /// The next block, whole and checked, in `bytes`.
    BlockHeader next(std::string& bytes, std::uint64_t format);

    /// `error`, with the path in its text.
    [[noreturn]] void refuse(const Error& error) const;

private:
    void append(std::string& bytes, std::size_t size);

    std::string path_;
    std::FILE* file_ = nullptr;
    std::uintmax_t left_ = 0;
    std::uint32_t blocks_ = 0;
    bool ended_ = false;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice {

/// The records of a file that `saveAsObjectFiles` wrote, as a partition.
///
/// - **Takes**: the path of a `part-` file, and the type that was written or one that is written in
///   the same way (`std::string_view` for `std::string`).
/// - **Errors**: an Error of code `badInput` that names the path for whatever `saveAsObjectFiles`
///   did not write, as `readBlock` does; of code `fileSystem` where the file is not there or cannot
///   be opened.
/// - **Cost**: memory for the records and one block, about 64 KiB; for all blocks where records are
///   views. Never more than the size of the file accounts for.
template <class T>
[[nodiscard]] Partition<T> readObjectFile(const std::string& path)
{
    if constexpr (!Serializable<T>) {
        detail::refuseSerde<T>();
        return {};
    } else {
        detail::ObjectFile file{path};
        detail::ReadRecords<T> read;
        try {
            while (!file.atEnd()) {
                if (!Owning<T> || read.bytes.empty()) { read.bytes.emplace_back(); }
                std::string& bytes = read.bytes.back();
                const auto header = file.next(bytes, detail::formatOf<T>());
                detail::readRecords(std::string_view{bytes}.substr(detail::BlockHeader::bytes),
                    header.records, read.records);
            }
        } catch (const Error& error) {
            file.refuse(error);
        }
        if constexpr (Owning<T>) { read.bytes.clear(); }
        return detail::asPartition(std::move(read));
    }
}

} // namespace sluice

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/object_file.ipp>
#endif
