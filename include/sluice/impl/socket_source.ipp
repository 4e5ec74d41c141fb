#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/impl/byte_stream_source.ipp>
#include <sluice/input/detail/make_socket_source.hpp>
#include <sluice/input/detail/socket_source.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

struct SocketSource::Connection {
    explicit Connection(const asio::any_io_executor& io) : resolver{io}, socket{io} {}

    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket socket;
};

SLUICE_DECL SocketSource::SocketSource(engine::StageInfo&& info, std::string host,
    std::uint16_t port, const Options& options, std::unique_ptr<BlockFramer> framer)
    : ByteStreamSource{std::move(info), options, std::move(framer)},
      host_{std::move(host)},
      port_{port}
{
}

SLUICE_DECL SocketSource::~SocketSource() = default;

SLUICE_DECL asio::awaitable<void> SocketSource::receive()
{
    Connection connection{io().get()};
    connection_ = &connection;
    std::exception_ptr failure;
    try {
        co_await receiveFrom(connection);
    } catch (...) {
        failure = std::current_exception();
    }
    connection_ = nullptr;
    if (!stopping()) { streamEnded(false); }
    if (failure) { std::rethrow_exception(failure); }
}

SLUICE_DECL asio::awaitable<void> SocketSource::connect(Connection& connection)
{
    boost::system::error_code error;
    const auto endpoints = co_await connection.resolver.async_resolve(
        host_, std::to_string(port_), asio::redirect_error(asio::use_awaitable, error));
    for (const auto& endpoint : endpoints) {
        if (stopping()) { break; }
        co_await connection.socket.async_connect(
            endpoint, asio::redirect_error(asio::use_awaitable, error));
        if (!error) { break; }
        boost::system::error_code ignored;
        connection.socket.close(ignored); // so that the next try may open it for another protocol
    }
    if (error) { throw Error{ErrorCode::connection, "cannot connect: " + error.message()}; }
    // A peer that vanished without a word is noticed in the end.
    connection.socket.set_option(asio::ip::tcp::socket::keep_alive{true}, error);
}

SLUICE_DECL asio::awaitable<void> SocketSource::receiveFrom(Connection& connection)
{
    co_await connect(connection);
    started();
    boost::system::error_code error;
    while (!error) {
        co_await room();
        const auto space = writable();
        const std::size_t bytes =
            co_await connection.socket.async_read_some(asio::buffer(space.data(), space.size()),
                asio::redirect_error(asio::use_awaitable, error));
        if (bytes > 0) { read(bytes); }
    }
    if (error == asio::error::eof) { streamEnded(true); }
    throw Error{ErrorCode::connection, "connection lost: " + error.message()};
}

SLUICE_DECL void SocketSource::stop()
{
    ReceiverStage::stop();
    if (connection_ != nullptr) {
        connection_->resolver.cancel();
        boost::system::error_code ignored;
        connection_->socket.close(ignored);
    }
}

SLUICE_DECL std::shared_ptr<ReceiverStage> makeSocketSource(engine::Runtime& runtime,
    std::string_view name, std::string host, int port, std::unique_ptr<BlockFramer> framer)
{
    const auto refuse = [name](const std::string& what) {
        throw InvalidArgument{"sluice: " + std::string{name} + "(context, host, port): " + what};
    };
    if (host.empty()) { refuse("an empty host given, must be a name or an address"); }
    if (port < 1 || port > 65'535) {
        refuse("port " + std::to_string(port) + " given, must be 1 to 65535");
    }
    auto info = runtime.newStage(std::string{name} + ' ' + host + ':' + std::to_string(port));
    return std::make_shared<SocketSource>(std::move(info), std::move(host),
        static_cast<std::uint16_t>(port), runtime.options(), std::move(framer));
}

} // namespace sluice::detail::inline SLUICE_ABI
