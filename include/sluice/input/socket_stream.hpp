#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/framing.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/detail/frame_cutter.hpp>
#include <sluice/input/detail/frames.hpp>
#include <sluice/input/detail/make_socket_source.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// A stream of blocks of whole frames, and how to find the frames in them.
template <class F>
[[nodiscard]] auto framedSocketStream(
    engine::Runtime& runtime, std::string_view name, std::string host, int port, F framing)
{
    auto cutter = std::make_unique<FrameCutter<F>>(
        framing, longestFrame(framing, runtime.options().maxLineBytes));
    const DStream<std::string_view> blocks{
        runtime, makeSocketSource(runtime, name, std::move(host), port, std::move(cutter))};
    return blocks | flatMap(FramesFn<F>{std::move(framing)});
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The frames that a TCP server sends: this is the client, as Spark's is.
///
/// - **Types**: host, port and a `Framing` to a stream of `std::string_view`: what is in each
///   frame, as a view into the received blocks. What becomes of it is said by the operator behind:
///   `| map`.
/// - **Takes**: a host name or address and a port, 1 to 65535; `lengthPrefixed`, `delimitedBy` or a
///   function `Frame(std::string_view bytes, std::size_t seen)`. It is called on `io`, so it must
///   be quick, and again in the fused loop.
/// - **Shape**: a partition for each block received. Finding the frames is part of the fused loop
///   behind.
/// - **Time**: a frame belongs to the batch in whose interval its end was read.
/// - **Empty**: no data gives an empty batch without partitions.
/// - **Errors**: a server that is not there, or goes, is connected to again, with growing waits
///   (`Options::reconnect`). A frame that makes no sense is counted as refused and so ends the
///   connection too; so is one that is cut off by the connection's end. `delimitedBy` refuses a
///   frame that is too long and goes on. All of it is in the event log. Nothing here fails the
///   context. InvalidArgument for an empty host or a port out of range.
/// - **Cost**: received bytes are not copied, but for a part of a frame at the end of a buffer. At
///   `maxBufferedBytes` the reader is suspended until batches are completed, and the sender feels
///   it.
/// - **Source**: Spark's `StreamingContext.socketStream`, whose converter is the framing and a
///   `map`. Not replayable: what was received and not processed is lost with the process.
template <class F>
[[nodiscard]] auto socketStream(engine::Runtime& runtime, std::string host, int port, F framing)
{
    constexpr bool frames = Framing<F>;
    static_assert(frames, "sluice: socketStream(context, host, port, framing): the framing must be "
                          "callable as Frame(std::string_view bytes, std::size_t seen) const");
    if constexpr (frames) {
        return detail::framedSocketStream(
            runtime, "socketStream", std::move(host), port, std::move(framing));
    } else {
        return DStream<std::string_view>{runtime, nullptr};
    }
}

} // namespace sluice::inline SLUICE_ABI
