#pragma once

#include <sluice/algebra/owning.hpp>
#include <sluice/storage/bytes.hpp>
#include <sluice/storage/partition.hpp>
#include <sluice/storage/serde.hpp>
#include <sluice/version.hpp> // SLUICE_ABI

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// What a block says of itself, before its payload.
struct BlockHeader {
    /// magic 4, version 2, last 2, format 8, sequence 4, records 4, payload 4, checksum 4
    static constexpr std::size_t bytes = 32;

    std::uint64_t format = 0;   ///< `formatOf<T>()` of its records
    std::uint32_t sequence = 0; ///< how many blocks stand before it in its file
    std::uint32_t records = 0;
    bool last = true; ///< of its file
    std::uint32_t payloadBytes = 0;
};

/// Writes the header of the block at the end of `out`: `BlockHeader::bytes` bytes from `from` on,
/// which are there already, and its payload behind them.
void sealBlock(std::string& out, std::size_t from, BlockHeader header);

/// The header of the block that `bytes` begin with, if all that can be said from it is right: its
/// payload may be longer than what is there.
[[nodiscard]] BlockHeader readHeader(
    std::string_view bytes, std::uint64_t format, std::uint32_t sequence);

/// Refuses a block with one flipped bit anywhere.
void checkBlock(std::string_view block);

/// Refuses bytes that are not one block and nothing else; its payload.
[[nodiscard]] std::pair<BlockHeader, std::string_view> openOnlyBlock(
    std::string_view bytes, std::uint64_t format);

/// Appends the records of a payload to `records`.
template <class T>
void readRecords(std::string_view payload, std::uint32_t count, std::vector<T>& records)
{
    Reader in{payload};
    if (count > payload.size() / minimumBytes<T>()) {
        throwBadCount(count, minimumBytes<T>(), payload.size());
    }
    // Records may be larger than their bytes: no more is taken on the word of the count than the
    // bytes account for. Doubling keeps a file of many blocks from being copied for each of them.
    const std::size_t wanted =
        records.size() + std::min<std::size_t>(count, payload.size() / sizeof(T) + 1);
    if (wanted > records.capacity()) { records.reserve(std::max(wanted, 2 * records.capacity())); }
    for (std::uint32_t i = 0; i < count; ++i) {
        records.push_back(Serde<T>::read(in));
    }
    if (in.left() != 0) {
        throwBadInput(
            "a block is longer than its records: " + std::to_string(in.left()) + " bytes are left");
    }
}

/// Records, and the bytes that their views point into.
template <class T>
struct ReadRecords {
    std::deque<std::string> bytes; // stay where they are
    std::vector<T> records;
};

template <class T>
Partition<T> asPartition(ReadRecords<T> read)
{
    auto owner = std::make_shared<const ReadRecords<T>>(std::move(read));
    const std::span<const T> records{owner->records};
    return {std::move(owner), records};
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice {

/// The records as one block of bytes: versioned, with the format of its type, their number and a
/// checksum (CRC-32C).
///
/// - **Takes**: a sized range of `T` with a `Serde<T>`.
/// - **Errors**: InvalidArgument where a block would be larger than 4 GiB.
template <std::ranges::sized_range Range>
[[nodiscard]] std::string writeBlock(const Range& records)
{
    using T = std::ranges::range_value_t<Range>;
    if constexpr (!Serializable<T>) {
        detail::refuseSerde<T>();
        return {};
    } else {
        std::string out(detail::BlockHeader::bytes, '\0');
        Writer writer{out};
        if (std::ranges::size(records) > 0xFFFFFFFF) {
            detail::throwTooMany(std::ranges::size(records));
        }
        detail::writeElements<T>(writer, records);
        detail::sealBlock(out, 0,
            {.format = detail::formatOf<T>(),
                .records = static_cast<std::uint32_t>(std::ranges::size(records))});
        return out;
    }
}

/// The records of a block; views in them point into `bytes`.
///
/// - **Errors**: an Error of code `badInput` for whatever `writeBlock` did not write: a flipped
///   bit, bytes that are missing or too many, a number of records that cannot be, the block of
///   another type. Takes no memory on the word of the bytes.
template <class T>
[[nodiscard]] std::vector<T> readBlock(std::string_view bytes)
{
    if constexpr (!Serializable<T>) {
        detail::refuseSerde<T>();
        return {};
    } else {
        const auto [header, payload] = detail::openOnlyBlock(bytes, detail::formatOf<T>());
        std::vector<T> records;
        detail::readRecords(payload, header.records, records);
        return records;
    }
}

/// The same as a partition, which keeps the bytes where records are views.
template <class T>
[[nodiscard]] Partition<T> readBlockPartition(std::string bytes)
{
    if constexpr (Owning<T>) {
        return makePartition(readBlock<T>(bytes));
    } else {
        detail::ReadRecords<T> read;
        read.bytes.push_back(std::move(bytes));
        read.records = readBlock<T>(read.bytes.front());
        return detail::asPartition(std::move(read));
    }
}

} // namespace sluice

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/block.ipp>
#endif
