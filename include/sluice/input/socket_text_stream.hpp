#pragma once

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/source_stage.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// A TCP client that reads lines. Its records are whole blocks of lines: the lines themselves are found by the
/// fused loop behind it.
class SocketTextSource final : public SourceStage<std::string_view> {
public:
    SocketTextSource(
        engine::StageInfo info, std::string host, std::uint16_t port, const Options& options);
    ~SocketTextSource() override;

    asio::awaitable<void> run(engine::SourceContext context) override;
    void stop() override;
    void cut(BatchMetadata& batch) override;
    void completed() override;

private:
    struct Connection;

    asio::awaitable<bool> connect();
    asio::awaitable<void> readUntilClosed();
    asio::awaitable<void> waitToReconnect();
    void closeBlock();
    [[nodiscard]] bool hasRoom() const;
    [[nodiscard]] Duration nextWait();
    void say(SourceEvent::Kind kind, std::string message, std::size_t records = 0);

    std::string host_;
    std::uint16_t port_;
    Reconnect reconnect_;
    std::size_t maxBufferedBytes_;
    LineFramer framer_;
    std::unique_ptr<Connection> connection_;
    engine::SourceContext context_;
    bool stopping_ = false;
    Duration wait_;
    std::size_t refusedBefore_ = 0;

    std::vector<Partition<std::string_view>> blocks_; // not cut yet
    std::size_t lines_ = 0;                           // in them
    std::size_t bytes_ = 0;                           // in them
    std::deque<std::size_t> cutBytes_;                // of the batches that are not completed
    std::size_t bufferedBytes_ = 0;                   // in all of those
    engine::Signal room_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The lines that a TCP server sends: this is the client, as Spark's is.
///
/// - **Types**: host and port to a stream of `std::string_view`, which point into the received blocks.
/// - **Takes**: a host name or address and a port. Lines end at LF, CR or CR LF, which are not part of them.
/// - **Shape**: a partition for each block received. Finding the lines is part of the fused loop behind.
/// - **Time**: a line belongs to the batch in whose interval its end was read; a half line waits for its end.
/// - **Empty**: no data gives an empty batch without partitions.
/// - **Errors**: a server that is not there, or goes, is connected to again, with growing waits
///   (`Options::reconnect`); a half line is then dropped, unless the server closed in order. A line longer than
///   `maxLineBytes` is counted and refused. All of it is in the event log. Nothing here fails the context.
/// - **Cost**: received bytes are not copied, but for a half line at the end of a buffer. At
///   `maxBufferedBytes` the reader is suspended until batches are completed, and the sender feels it.
/// - **Source**: Spark's `StreamingContext.socketTextStream`. Not replayable: what was received and not processed
///   is lost with the process.
[[nodiscard]] inline auto socketTextStream(
    engine::Runtime& runtime, std::string host, std::uint16_t port)
{
    std::string name = "socketTextStream " + host + ":" + std::to_string(port);
    DStream<std::string_view> blocks{runtime,
        std::make_shared<detail::SocketTextSource>(
            engine::StageInfo{runtime.nextId(), name, {name}}, std::move(host), port,
            runtime.options())};
    return blocks | flatMap(lines);
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/socket_text_stream.ipp>
#endif
