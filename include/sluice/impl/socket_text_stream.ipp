#pragma once

#include <sluice/input/detail/socket_text_source.hpp>
#include <sluice/input/socket_text_stream.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <random>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

struct SocketTextSource::Connection {
    explicit Connection(const engine::SourceContext& context)
        : resolver{context.io.get()},
          socket{context.io.get()},
          timer{context.clock->makeTimer(context.io.get())}
    {
    }

    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket socket;
    std::unique_ptr<Timer> timer;
};

SLUICE_DECL SocketTextSource::SocketTextSource(
    engine::StageInfo&& info, std::string host, std::uint16_t port, const Options& options)
    : SourceStage{std::move(info)},
      host_{std::move(host)},
      port_{port},
      reconnect_{options.reconnect},
      maxBufferedBytes_{options.maxBufferedBytes},
      framer_{options.maxLineBytes},
      wait_{options.reconnect.first}
{
}

SLUICE_DECL SocketTextSource::~SocketTextSource() = default;

SLUICE_DECL asio::awaitable<void> SocketTextSource::run(engine::SourceContext context)
{
    context_ = std::move(context);
    connection_ = std::make_unique<Connection>(context_);
    std::exception_ptr failure;
    try {
        while (!stopping_) {
            const bool connected = co_await connect();
            if (connected) { co_await readUntilClosed(); }
            if (!stopping_) { co_await waitToReconnect(); }
        }
    } catch (...) {
        failure = std::current_exception();
    }
    // Nothing that belongs to the executor stays: the stage may live longer.
    connection_.reset();
    context_.io = {};
    if (failure) { std::rethrow_exception(failure); }
}

SLUICE_DECL asio::awaitable<bool> SocketTextSource::connect()
{
    boost::system::error_code error;
    const auto endpoints = co_await connection_->resolver.async_resolve(
        host_, std::to_string(port_), asio::redirect_error(asio::use_awaitable, error));
    for (const auto& endpoint : endpoints) {
        if (stopping_) { break; }
        co_await connection_->socket.async_connect(
            endpoint, asio::redirect_error(asio::use_awaitable, error));
        if (!error) { break; }
        boost::system::error_code ignored;
        connection_->socket.close(ignored); // so that the next try may open it for another protocol
    }
    if (stopping_) { co_return false; }
    if (error) {
        say(SourceEvent::Kind::failed, error.message());
        co_return false;
    }
    // A peer that vanished without a word is noticed in the end.
    connection_->socket.set_option(asio::ip::tcp::socket::keep_alive{true}, error);
    say(SourceEvent::Kind::connected, "");
    co_return true;
}

SLUICE_DECL asio::awaitable<void> SocketTextSource::readUntilClosed()
{
    boost::system::error_code error;
    while (!stopping_ && !error) {
        if (!hasRoom()) {
            co_await room_.wait(std::bind_front(&SocketTextSource::hasRoom, this));
            continue;
        }
        const auto space = framer_.writable();
        const std::size_t read =
            co_await connection_->socket.async_read_some(asio::buffer(space.data(), space.size()),
                asio::redirect_error(asio::use_awaitable, error));
        framer_.commit(read);
        if (read > 0) { wait_ = reconnect_.first; }
        if (framer_.full()) { closeBlock(); }
    }
    if (stopping_) { co_return; }
    if (error == asio::error::eof) {
        framer_.endOfStream();
    } else {
        framer_.reset();
    }
    say(SourceEvent::Kind::disconnected, error.message());
    boost::system::error_code ignored;
    connection_->socket.close(ignored);
}

SLUICE_DECL asio::awaitable<void> SocketTextSource::waitToReconnect()
{
    co_await connection_->timer->waitUntil(context_.clock->now() + nextWait());
}

SLUICE_DECL Duration SocketTextSource::nextWait()
{
    static thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> vary{1 - reconnect_.jitter, 1 + reconnect_.jitter};
    const Duration base = std::exchange(wait_, std::min(wait_ * 2, reconnect_.atMost));
    return std::chrono::duration_cast<Duration>(base * vary(random));
}

SLUICE_DECL void SocketTextSource::stop()
{
    stopping_ = true;
    if (connection_) {
        connection_->resolver.cancel();
        boost::system::error_code ignored;
        connection_->socket.close(ignored);
        connection_->timer->cancel();
    }
    room_.notify();
}

SLUICE_DECL bool SocketTextSource::hasRoom() const
{
    return stopping_ || bufferedBytes_ + bytes_ + framer_.pendingBytes() < maxBufferedBytes_;
}

SLUICE_DECL void SocketTextSource::closeBlock()
{
    auto block = framer_.cut();
    if (!block) { return; }
    struct Held {
        std::shared_ptr<const void> bytes;
        std::string_view text;
    };
    lines_ += block->lines;
    bytes_ += block->text.size();
    const std::size_t weight = block->text.size();
    auto held = std::make_shared<const Held>(Held{std::move(block->owner), block->text});
    const std::string_view* record = &held->text;
    blocks_.push_back({std::move(held), record, 1, weight});
}

SLUICE_DECL void SocketTextSource::cut(BatchMetadata& batch)
{
    closeBlock();
    const std::size_t refused = framer_.refused();
    if (refused > refusedBefore_) {
        say(SourceEvent::Kind::refused, "lines longer than maxLineBytes", refused - refusedBefore_);
        refusedBefore_ = refused;
    }
    batch.inputRecords += std::exchange(lines_, 0);
    cutBytes_.push_back(bytes_);
    bufferedBytes_ += std::exchange(bytes_, 0);
    give(batch.time, std::exchange(blocks_, {}));
}

SLUICE_DECL void SocketTextSource::completed()
{
    if (cutBytes_.empty()) { return; }
    bufferedBytes_ -= cutBytes_.front();
    cutBytes_.pop_front();
    room_.notify();
}

SLUICE_DECL void SocketTextSource::say(
    SourceEvent::Kind kind, std::string message, std::size_t records)
{
    if (context_.events == nullptr) { return; }
    context_.events->add(
        SourceEvent{info().name, kind, context_.clock->now(), records, std::move(message)});
}

SLUICE_DECL std::shared_ptr<engine::Stage> makeSocketTextSource(
    engine::Runtime& runtime, std::string host, std::uint16_t port)
{
    auto info = runtime.newStage("socketTextStream " + host + ":" + std::to_string(port));
    return std::make_shared<SocketTextSource>(
        std::move(info), std::move(host), port, runtime.options());
}

} // namespace sluice::detail::inline SLUICE_ABI
