#pragma once

#include <sluice/input/detail/buffer_pool.hpp>
#include <sluice/input/receiver_stage.hpp>
#include <sluice/input/udp_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Receives datagrams, which become records where they were written.
class UdpSource final : public ReceiverStage {
public:
    UdpSource(engine::StageInfo&& info, const Options& options, UdpOptions udp);
    ~UdpSource() override;

private:
    Awaitable<void> receive() override;
    void closeBlock() override;
    bool readOne(int socket);
    void countDrops(std::uint32_t dropsSoFar);
    [[nodiscard]] std::span<char> writable();
    void reportRefusals();

    UdpOptions udp_;
    std::size_t bufferBytes_;
    std::shared_ptr<BufferPool> pool_;
    std::shared_ptr<char> buffer_;
    std::size_t used_ = 0;                  // of the buffer, by blocks already closed too
    std::vector<std::string_view> records_; // of the open block
    std::uint32_t dropsBefore_ = 0;         // what the socket's counter said last
    std::size_t dropped_ = 0;               // by the system, and not reported yet
    std::size_t tooLong_ = 0;               // not reported yet
};

} // namespace sluice::detail::inline SLUICE_ABI
