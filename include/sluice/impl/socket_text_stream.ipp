#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/input/detail/socket_text_source.hpp>
#include <sluice/input/socket_text_stream.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

struct SocketTextSource::Connection {
    explicit Connection(const asio::any_io_executor& io) : resolver{io}, socket{io} {}

    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket socket;
};

SLUICE_DECL SocketTextSource::SocketTextSource(
    engine::StageInfo&& info, std::string host, std::uint16_t port, const Options& options)
    : ReceiverStage{std::move(info), options},
      host_{std::move(host)},
      port_{port},
      framer_{options.maxLineBytes}
{
    announcesItself_ = true;
}

SLUICE_DECL SocketTextSource::~SocketTextSource() = default;

SLUICE_DECL asio::awaitable<void> SocketTextSource::receive()
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
    if (failure) { std::rethrow_exception(failure); }
}

SLUICE_DECL asio::awaitable<void> SocketTextSource::connect(Connection& connection)
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

SLUICE_DECL asio::awaitable<void> SocketTextSource::receiveFrom(Connection& connection)
{
    co_await connect(connection);
    started();
    boost::system::error_code error;
    while (!error) {
        co_await room();
        const auto space = framer_.writable();
        const std::size_t bytes =
            co_await connection.socket.async_read_some(asio::buffer(space.data(), space.size()),
                asio::redirect_error(asio::use_awaitable, error));
        if (bytes > 0) { read(bytes); }
    }
    if (error == asio::error::eof) {
        const auto lines = framer_.pendingLines();
        const auto pending = framer_.pendingBytes();
        framer_.endOfStream();
        acceptPending(lines, pending);
    } else {
        framer_.reset();
    }
    throw Error{ErrorCode::connection, "connection lost: " + error.message()};
}

SLUICE_DECL void SocketTextSource::read(std::size_t bytes)
{
    const auto lines = framer_.pendingLines();
    const auto pending = framer_.pendingBytes();
    framer_.commit(bytes);
    acceptPending(lines, pending);
    if (framer_.full()) { closeBlock(); }
}

SLUICE_DECL void SocketTextSource::acceptPending(std::size_t linesBefore, std::size_t bytesBefore)
{
    accept(framer_.pendingLines() - linesBefore, framer_.pendingBytes() - bytesBefore);
}

SLUICE_DECL void SocketTextSource::stop()
{
    ReceiverStage::stop();
    if (connection_ != nullptr) {
        connection_->resolver.cancel();
        boost::system::error_code ignored;
        connection_->socket.close(ignored);
    }
}

SLUICE_DECL void SocketTextSource::closeBlock()
{
    const std::size_t refused = framer_.refused();
    if (refused > refusedBefore_) {
        reportRefused("lines longer than maxLineBytes", refused - refusedBefore_);
        refusedBefore_ = refused;
    }
    auto block = framer_.cut();
    if (!block) { return; }
    struct Held {
        std::shared_ptr<const void> bytes;
        std::string_view text;
    };
    const std::size_t weight = block->text.size();
    auto held = std::make_shared<const Held>(Held{std::move(block->owner), block->text});
    const std::string_view* record = &held->text;
    addBlock({std::move(held), record, 1, weight});
}

SLUICE_DECL std::shared_ptr<engine::Stage> makeSocketTextSource(
    engine::Runtime& runtime, std::string host, std::uint16_t port)
{
    auto info = runtime.newStage("socketTextStream " + host + ":" + std::to_string(port));
    return std::make_shared<SocketTextSource>(
        std::move(info), std::move(host), port, runtime.options());
}

} // namespace sluice::detail::inline SLUICE_ABI
