#pragma once

#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/receiver_stage.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {

/// A TCP client that reads lines. Its records are whole blocks of lines: the lines themselves are
/// found by the fused loop behind it.
class SocketTextSource final : public ReceiverStage {
public:
    SocketTextSource(
        engine::StageInfo&& info, std::string host, std::uint16_t port, const Options& options);
    ~SocketTextSource() override;

    void stop() override;

private:
    struct Connection;

    Awaitable<void> receive() override;
    void closeBlock() override;
    Awaitable<void> receiveFrom(Connection& connection);
    Awaitable<void> connect(Connection& connection);
    void read(std::size_t bytes);
    void acceptPending(std::size_t linesBefore, std::size_t bytesBefore);

    std::string host_;
    std::uint16_t port_;
    LineFramer framer_;
    Connection* connection_ = nullptr; // while there is one
    std::size_t refusedBefore_ = 0;
};

} // namespace sluice::detail::inline SLUICE_ABI
