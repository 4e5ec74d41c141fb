#pragma once

#include <sluice/input/detail/byte_stream_source.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace sluice::detail::inline SLUICE_ABI {

/// A TCP client that reads until the server goes, and then connects again.
class SocketSource final : public ByteStreamSource {
public:
    SocketSource(engine::StageInfo&& info, std::string host, std::uint16_t port,
        const Options& options, std::unique_ptr<BlockFramer> framer);
    ~SocketSource() override;

    void stop() override;

private:
    struct Connection;

    Awaitable<void> receive() override;
    Awaitable<void> receiveFrom(Connection& connection);
    Awaitable<void> connect(Connection& connection);

    std::string host_;
    std::uint16_t port_;
    Connection* connection_ = nullptr; // while there is one
};

} // namespace sluice::detail::inline SLUICE_ABI
