#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/input/udp_options.hpp>

#include <string_view>

namespace sluice::inline SLUICE_ABI {

/// The datagrams that come to a UDP port of this machine.
///
/// - **Types**: `UdpOptions` to a stream of `std::string_view`: the bytes of each datagram, as a
///   view into the received blocks. Who sent it is not kept.
/// - **Takes**: an address, not a name; a port; how long a datagram may be.
/// - **Shape**: a partition for each block received: up to 256 KiB, or what came until the batch.
/// - **Time**: a datagram belongs to the batch in whose interval it was read.
/// - **Empty**: no datagrams give an empty batch without partitions; an empty datagram is an empty
///   record.
/// - **Errors**: InvalidArgument at the call for what the options do not take. A port that is not
///   to be had is tried again, with growing waits (`Options::reconnect`). Datagrams that are too
///   long are refused. At `maxBufferedBytes` and `maxRate` reading pauses, and what the system
///   cannot hold meanwhile it drops: that is counted as refused with the next datagram read.
///   Nothing here fails the context.
/// - **Cost**: one system call a datagram; no copy.
/// - **Source**: none in Spark. Not replayable, and the network promises nothing either.
[[nodiscard]] DStream<std::string_view> udpStream(engine::Runtime& runtime, UdpOptions options);

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/udp_stream.ipp>
#endif
