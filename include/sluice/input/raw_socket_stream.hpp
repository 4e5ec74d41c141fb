#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/framing.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf
#include <sluice/input/detail/frame_cutter.hpp>
#include <sluice/input/detail/frames.hpp>
#include <sluice/input/detail/make_socket_source.hpp>
#include <sluice/input/receiver_stage.hpp>
#include <sluice/storage/block.hpp>
#include <sluice/storage/serde.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What `rawSocketStream` lets pass.
struct RawSocketOptions {
    std::size_t maxBlock = std::size_t{16} << 20U; ///< bytes behind a length, at most
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

/// For `flatMap`: the records of all blocks of records in what came; those that cannot be read are
/// reported to the source.
template <class T>
class RawRecords {
public:
    using SluiceBorrows = void; // views are read as views into the bytes

    /// A block whose records take more than `mostBytes` in memory is refused.
    RawRecords(const FramesFn<LengthPrefixed>& frames, std::uint64_t mostBytes,
        std::shared_ptr<ReceiverStage> source)
        : frames_{frames}, mostBytes_{mostBytes}, source_{std::move(source)}
    {
    }

    [[nodiscard]] std::vector<T> operator()(std::string_view received) const
    {
        std::vector<T> records;
        std::size_t refused = 0;
        std::string why;
        const auto refuse = [&](std::size_t keep, std::string reason) {
            while (records.size() > keep) {
                records.pop_back();
            }
            ++refused;
            why = std::move(reason);
        };
        frames_(received).forEach([&](std::string_view block) {
            const std::size_t before = records.size();
            try {
                read(block, records);
            } catch (...) { // no memory, too: the bytes ask for it
                refuse(before, engine::textOf(std::current_exception()));
            }
        });
        if (refused > 0) { source_->reportRefused("blocks that cannot be read: " + why, refused); }
        return records;
    }

private:
    void read(std::string_view block, std::vector<T>& records) const
    {
        const auto [header, payload] = openOnlyBlock(block, formatOf<T>());
        if (header.records > mostBytes_ / sizeof(T)) {
            throwBadInput("its records would take more than 16 times maxBlock in memory");
        }
        readRecords(payload, header.records, records);
    }

    FramesFn<LengthPrefixed> frames_;
    std::uint64_t mostBytes_;
    std::shared_ptr<ReceiverStage> source_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The records that a TCP server sends in sluice's own form: `rawSocketStream<T>(context, host,
/// port)`.
///
/// - **Types**: host and port to `DStream<T>`, for a `T` with a `Serde<T>`. Views in records point
///   into the received bytes.
/// - **Takes**: a host name or address and a port, 1 to 65535. The server sends, over and over, a
///   length of 4 bytes, the highest first, and so many bytes, which `writeBlock` made of records.
/// - **Shape**: a partition for each run of whole blocks received. They are read on `compute`.
/// - **Time**: a block belongs to the batch in whose interval its end was read.
/// - **Empty**: no data gives an empty batch without partitions; a block may have no record.
/// - **Errors**: a server that is not there, or goes, is connected to again, with growing waits
///   (`Options::reconnect`). A length that is negative or beyond `maxBlock` is counted as refused
///   and ends the connection; a block that cannot be read (a flipped bit, a number of records that
///   cannot be, another type, records that take more than 16 times `maxBlock` in memory or more
///   than there is) is counted as refused, and the next one comes. Nothing here fails the context.
///   InvalidArgument for an empty host, a port out of range or a wrong `maxBlock`.
/// - **Cost**: what a length or a number says takes no memory: only bytes that came do. The
///   source's `records` are blocks; how many records those hold is known behind it.
/// - **Source**: Spark's `StreamingContext.rawSocketStream`. Held to rate and buffer as every
///   receiver is, which Spark's is not. Not replayable.
template <class T>
[[nodiscard]] DStream<T> rawSocketStream(
    engine::Runtime& runtime, std::string host, int port, RawSocketOptions options = {})
{
    constexpr bool readable = Serializable<T>;
    static_assert(readable, "sluice: rawSocketStream<T>(context, host, port): the records must be "
                            "of a type with a Serde<T>: see sluice/storage/serde.hpp");
    if constexpr (!readable) {
        return {runtime, nullptr};
    } else {
        const auto framing = lengthPrefixed(
            {.maxFrame = detail::checkedMaxFrame("rawSocketStream", options.maxBlock, "maxBlock")});
        auto cutter = std::make_unique<detail::FrameCutter<detail::LengthPrefixed>>(
            framing, framing.longest());
        auto source = detail::makeSocketSource(
            runtime, "rawSocketStream", std::move(host), port, std::move(cutter));
        const DStream<std::string_view> blocks{runtime, source};
        // Closed: with several consumers what is refused would be counted by each of them.
        return blocks | flatMap(detail::RawRecords<T>{detail::FramesFn{framing},
                            std::uint64_t{16} * options.maxBlock, std::move(source)});
    }
}

} // namespace sluice::inline SLUICE_ABI
