#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/storage/block.hpp>

#include <boost/crc.hpp>

#include <limits>

namespace sluice::detail {

inline constexpr std::string_view blockMagic{"slB\x1A"};
inline constexpr std::uint16_t blockVersion = 1;
inline constexpr std::size_t checksumBytes = sizeof(std::uint32_t);

/// CRC-32C of a block, without the checksum at the end of its header.
inline std::uint32_t checksumOf(std::string_view block)
{
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    const auto head = block.substr(0, BlockHeader::bytes - checksumBytes);
    const auto payload = block.substr(BlockHeader::bytes);
    crc.process_bytes(head.data(), head.size());
    crc.process_bytes(payload.data(), payload.size());
    return crc.checksum();
}

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void sealBlock(std::string& out, std::size_t from, BlockHeader header)
{
    const std::size_t payload = out.size() - from - BlockHeader::bytes;
    if (payload > std::numeric_limits<std::uint32_t>::max()) {
        throw InvalidArgument{"sluice: a block of " + std::to_string(payload) +
                              " bytes cannot be written, 4294967295 at most can"};
    }
    std::string head;
    Writer writer{head};
    writer.bytes(blockMagic);
    writer.number(blockVersion);
    writer.number(static_cast<std::uint16_t>(header.last));
    writer.number(header.format);
    writer.number(header.sequence);
    writer.number(header.records);
    writer.number(static_cast<std::uint32_t>(payload));
    out.replace(from, head.size(), head);
    head.clear();
    writer.number(checksumOf(std::string_view{out}.substr(from)));
    out.replace(from + BlockHeader::bytes - checksumBytes, checksumBytes, head);
}

SLUICE_DECL BlockHeader readHeader(
    std::string_view bytes, std::uint64_t format, std::uint32_t sequence)
{
    Reader in{bytes};
    if (in.bytes(blockMagic.size()) != blockMagic) {
        throwBadInput("these bytes are no block of records");
    }
    const auto version = in.number<std::uint16_t>();
    if (version != blockVersion) {
        throwBadInput("the block is of version " + std::to_string(version) +
                      ", this library reads version " + std::to_string(blockVersion));
    }
    const auto last = in.number<std::uint16_t>();
    if (last > 1) { throwBadInput("the block has flags that version 1 does not have"); }
    BlockHeader header;
    header.last = last == 1;
    header.format = in.number<std::uint64_t>();
    if (header.format != format) {
        throwBadInput("the block holds records of another type than the one to be read");
    }
    header.sequence = in.number<std::uint32_t>();
    if (header.sequence != sequence) {
        throwBadInput("block " + std::to_string(header.sequence) + " stands where block " +
                      std::to_string(sequence) + " should");
    }
    header.records = in.number<std::uint32_t>();
    header.payloadBytes = in.number<std::uint32_t>();
    return header;
}

SLUICE_DECL void checkBlock(std::string_view block)
{
    Reader in{block.substr(BlockHeader::bytes - checksumBytes)};
    if (in.number<std::uint32_t>() != checksumOf(block)) {
        throwBadInput("the checksum of the block is wrong: its bytes have changed");
    }
}

SLUICE_DECL std::pair<BlockHeader, std::string_view> openOnlyBlock(
    std::string_view bytes, std::uint64_t format)
{
    Reader in{bytes};
    const BlockHeader header = readHeader(in.bytes(BlockHeader::bytes), format, 0);
    const auto payload = in.bytes(header.payloadBytes);
    if (in.left() != 0) {
        throwBadInput(std::to_string(in.left()) + " bytes follow the end of the block");
    }
    if (!header.last) { throwBadInput("the block is one of several"); }
    checkBlock(bytes);
    return {header, payload};
}

} // namespace sluice::detail::inline SLUICE_ABI
