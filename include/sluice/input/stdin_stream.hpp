#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>

#include <memory>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {
/// The source whose records are whole blocks of lines, read from a copy of descriptor `fd`.
[[nodiscard]] std::shared_ptr<engine::Stage> makeStdinSource(engine::Runtime& runtime, int fd);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The lines of standard input, or of what else a file descriptor reads: a pipe, a terminal, a
/// file, a socket.
///
/// - **Types**: a stream of `std::string_view`, which point into the blocks read.
/// - **Takes**: a descriptor that is open for reading, 0 by default; a copy of it is made. Lines
///   end at LF, CR or CR LF, which are not part of them; the last one needs no end.
/// - **Shape**: a partition for each block read. Finding the lines is part of the fused loop
///   behind.
/// - **Time**: a line belongs to the batch in whose interval its end was read.
/// - **Empty**: no input gives an empty batch without partitions.
/// - **Errors**: InvalidArgument for a descriptor that is not open. The end of the input ends the
///   receiver and not the context: a listener that hears `ReceiverStopped` may stop that. A line
///   longer than `maxLineBytes` is counted and refused. An error of reading is reported and reading
///   tried again, with growing waits (`Options::reconnect`). Nothing here fails the context.
/// - **Cost**: bytes are not copied, but for a half line at the end of a buffer. At
///   `maxBufferedBytes` reading pauses until batches are completed, and a pipe's writer feels it.
///   The descriptor stays a blocking one, for whoever shares it.
/// - **Source**: none in Spark. Not replayable. Reads on Linux alone.
[[nodiscard]] inline auto stdinStream(engine::Runtime& runtime, int fd = 0)
{
    const DStream<std::string_view> blocks{runtime, detail::makeStdinSource(runtime, fd)};
    return blocks | flatMap(lines);
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/stdin_stream.ipp>
#endif
