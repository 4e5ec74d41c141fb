#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/framing.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/detail/frame_cutter.hpp>
#include <sluice/input/detail/frames.hpp>
#include <sluice/input/detail/make_socket_source.hpp>
#include <sluice/input/receiver_stage.hpp>
#include <sluice/storage/block.hpp>
#include <sluice/storage/serde.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <new>
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

    RawRecords(const FramesFn<LengthPrefixed>& frames, std::shared_ptr<ReceiverStage> source)
        : frames_{frames}, source_{std::move(source)}
    {
    }

    [[nodiscard]] std::vector<T> operator()(std::string_view received) const
    {
        std::vector<T> records;
        std::size_t refused = 0;
        std::string why;
        frames_(received).forEach([&](std::string_view block) {
            try {
                std::vector<T> some = readBlock<T>(block);
                records.insert(records.end(), std::move_iterator{some.begin()},
                    std::move_iterator{some.end()});
            } catch (const std::bad_alloc&) {
                throw;
            } catch (const std::exception& error) { // a Serde of the user's own may throw anything
                ++refused;
                why = error.what();
            }
        });
        if (refused > 0) { source_->reportRefused("blocks that cannot be read: " + why, refused); }
        return records;
    }

private:
    FramesFn<LengthPrefixed> frames_;
    std::shared_ptr<ReceiverStage> source_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The records that a TCP server sends in sluice's own form: `rawSocketStream<T>(context, host,
/// port)`.
///
/// - **Types**: host and port to `DStream<T>`, for a `T` with a `Serde<T>`. Views in records point
///   into the received bytes.
/// - **Takes**: a host name or address and a port. The server sends, over and over, a length of 4
///   bytes, the highest first, and so many bytes, which `writeBlock` made of records.
/// - **Shape**: a partition for each run of whole blocks received. They are read on `compute`.
/// - **Time**: a block belongs to the batch in whose interval its end was read.
/// - **Empty**: no data gives an empty batch without partitions; a block may have no record.
/// - **Errors**: a server that is not there, or goes, is connected to again, with growing waits
///   (`Options::reconnect`). A length that is negative or beyond `maxBlock` is counted as refused
///   and ends the connection; a block that cannot be read (a flipped bit, a number of records that
///   cannot be, another type) is counted as refused, and the next one comes. Nothing here fails the
///   context.
/// - **Cost**: what a length or a number says takes no memory: only bytes that came do. The
/// source's
///   `records` are blocks; how many records those hold is known behind it.
/// - **Source**: Spark's `StreamingContext.rawSocketStream`. Held to rate and buffer as every
///   receiver is, which Spark's is not. Not replayable.
template <class T>
[[nodiscard]] DStream<T> rawSocketStream(
    engine::Runtime& runtime, std::string host, std::uint16_t port, RawSocketOptions options = {})
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
        return blocks |
               flatMap(detail::RawRecords<T>{detail::FramesFn{framing}, std::move(source)});
    }
}

} // namespace sluice::inline SLUICE_ABI
