#pragma once

#include <sluice/engine/event_log.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/source_stage.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// A TCP client that reads lines. Its records are whole blocks of lines: the lines themselves are
/// found by the fused loop behind it.
class SocketTextSource final : public SourceStage {
public:
    SocketTextSource(
        engine::StageInfo&& info, std::string host, std::uint16_t port, const Options& options);
    ~SocketTextSource() override;

    Awaitable<void> run(engine::SourceContext context) override;
    void stop() override;
    void cut(BatchMetadata& batch) override;
    void completed() override;

private:
    struct Connection;

    Awaitable<bool> connect();
    Awaitable<void> readUntilClosed();
    Awaitable<void> waitToReconnect();
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

    std::vector<AnyPartition> blocks_; // not cut yet
    std::size_t lines_ = 0;            // in them
    std::size_t bytes_ = 0;            // in them
    std::deque<std::size_t> cutBytes_; // of the batches that are not completed
    std::size_t bufferedBytes_ = 0;    // in all of those
    engine::Signal room_;
};

} // namespace sluice::detail::inline SLUICE_ABI
