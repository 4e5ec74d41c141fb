#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/input/detail/udp_source.hpp>
#include <sluice/input/udp_stream.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

// Datagrams read before the limits are looked at again.
constexpr int datagramsAtOnce = 64;
// Empty datagrams fill no buffer.
constexpr std::size_t datagramsOfBlock = 16'384;
constexpr std::size_t udpBlockBytes = std::size_t{256} * 1024;

[[noreturn]] inline void throwUdp(const char* what, const boost::system::error_code& error)
{
    throw Error{ErrorCode::connection, what + (": " + error.message())};
}

SLUICE_DECL UdpSource::UdpSource(engine::StageInfo&& info, const Options& options, UdpOptions udp)
    : ReceiverStage{std::move(info), options},
      udp_{std::move(udp)},
      bufferBytes_{std::max(udpBlockBytes, udp_.maxDatagram)},
      pool_{std::make_shared<BufferPool>(bufferBytes_)}
{
    announcesItself_ = true;
}

SLUICE_DECL UdpSource::~UdpSource() = default;

SLUICE_DECL asio::awaitable<void> UdpSource::receive()
{
    asio::ip::udp::socket socket{io().get()};
    const asio::ip::udp::endpoint here{
        asio::ip::make_address(udp_.address), static_cast<std::uint16_t>(udp_.port)};
    boost::system::error_code error;
    socket.open(here.protocol(), error);
    if (!error) { socket.bind(here, error); }
    if (error) { throwUdp("cannot bind", error); }
    const int on = 1; // each message says how many the system has dropped so far
    (void)::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    dropsBefore_ = 0;
    started();
    for (;;) {
        co_await room();
        co_await socket.async_wait(
            asio::socket_base::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (stopping()) { co_return; }
        if (error) { throwUdp("cannot receive", error); }
        for (int i = 0; i < datagramsAtOnce && readOne(socket.native_handle()); ++i) {}
    }
}

/// Whether there was one.
SLUICE_DECL bool UdpSource::readOne(int socket)
{
    const auto space = writable();
    iovec into{space.data(), space.size()};
    alignas(cmsghdr) std::array<char, 64> control{};
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto bytes = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (bytes < 0) {
        if (errno == EAGAIN || errno == EINTR) { return false; }
        throwUdp("cannot receive", {errno, boost::system::system_category()});
    }
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
            std::uint32_t drops = 0;
            std::memcpy(&drops, CMSG_DATA(part), sizeof drops);
            countDrops(drops);
        }
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        ++tooLong_;
    } else {
        const auto size = static_cast<std::size_t>(bytes);
        records_.emplace_back(space.data(), size);
        used_ += size;
        accept(1, size + sizeof(std::string_view));
        if (records_.size() == datagramsOfBlock) { closeBlock(); }
    }
    return true;
}

SLUICE_DECL void UdpSource::countDrops(std::uint32_t dropsSoFar)
{
    dropped_ += static_cast<std::uint32_t>(dropsSoFar - dropsBefore_); // it wraps around
    dropsBefore_ = dropsSoFar;
}

SLUICE_DECL std::span<char> UdpSource::writable()
{
    if (!buffer_ || bufferBytes_ - used_ < udp_.maxDatagram) {
        closeBlock();
        buffer_ = pool_->take(bufferBytes_);
        used_ = 0;
    }
    return {buffer_.get() + used_, udp_.maxDatagram};
}

SLUICE_DECL void UdpSource::reportRefusals()
{
    if (tooLong_ > 0) {
        reportRefused("datagrams longer than maxDatagram", std::exchange(tooLong_, 0));
    }
    if (dropped_ > 0) {
        reportRefused("datagrams dropped by the system, which could hold no more while reading "
                      "paused",
            std::exchange(dropped_, 0));
    }
}

SLUICE_DECL void UdpSource::closeBlock()
{
    reportRefusals();
    if (records_.empty()) { return; }
    struct Held {
        std::shared_ptr<const void> bytes;
        std::vector<std::string_view> records;
    };
    auto held = std::make_shared<const Held>(Held{buffer_, std::exchange(records_, {})});
    const auto& records = held->records;
    addBlock({std::move(held), records.data(), records.size(), records.size()});
}

inline void checkUdp(const UdpOptions& options)
{
    boost::system::error_code error;
    (void)asio::ip::make_address(options.address, error);
    if (error) {
        throw InvalidArgument{"sluice: udpStream: address is '" + options.address +
                              "', and must be an IPv4 or IPv6 address of this machine"};
    }
    if (options.port < 1 || options.port > 65'535) {
        throw InvalidArgument{"sluice: udpStream: port is " + std::to_string(options.port) +
                              ", and must be from 1 to 65535"};
    }
    if (options.maxDatagram == 0 || options.maxDatagram > 65'535) {
        throw InvalidArgument{"sluice: udpStream: maxDatagram is " +
                              std::to_string(options.maxDatagram) +
                              ", and must be from 1 to 65535"};
    }
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL DStream<std::string_view> udpStream(engine::Runtime& runtime, UdpOptions options)
{
    detail::checkUdp(options);
    auto info =
        runtime.newStage("udpStream " + options.address + ":" + std::to_string(options.port));
    return {runtime, std::make_shared<detail::UdpSource>(
                         std::move(info), runtime.options(), std::move(options))};
}

} // namespace sluice::inline SLUICE_ABI
