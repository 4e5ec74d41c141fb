#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {
/// The source whose records are whole blocks of lines: the lines are found by the fused loop behind
/// it.
[[nodiscard]] std::shared_ptr<engine::Stage> makeSocketTextSource(
    engine::Runtime& runtime, std::string host, int port);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The lines that a TCP server sends: this is the client, as Spark's is.
///
/// - **Types**: host and port to a stream of `std::string_view`, which point into the received
///   blocks.
/// - **Takes**: a host name or address and a port, 1 to 65535. Lines end at LF, CR or CR LF, which
///   are not part of them.
/// - **Shape**: a partition for each block received. Finding the lines is part of the fused loop
///   behind.
/// - **Time**: a line belongs to the batch in whose interval its end was read; a half line waits
///   for its end.
/// - **Empty**: no data gives an empty batch without partitions.
/// - **Errors**: a server that is not there, or goes, is connected to again, with growing waits
///   (`Options::reconnect`); a half line is then dropped, unless the server closed in order. A line
///   longer than `maxLineBytes` is counted and refused. All of it is in the event log. Nothing here
///   fails the context. InvalidArgument for an empty host or a port out of range.
/// - **Cost**: received bytes are not copied, but for a half line at the end of a buffer. At
///   `maxBufferedBytes` the reader is suspended until batches are completed, and the sender feels
///   it.
/// - **Source**: Spark's `StreamingContext.socketTextStream`. Not replayable: what was received and
///   not processed is lost with the process.
[[nodiscard]] inline auto socketTextStream(engine::Runtime& runtime, std::string host, int port)
{
    DStream<std::string_view> blocks{
        runtime, detail::makeSocketTextSource(runtime, std::move(host), port)};
    return blocks | flatMap(lines);
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/socket_text_stream.ipp>
#endif
