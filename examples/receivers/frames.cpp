// A receiver of length-prefixed frames over TCP: four bytes of length, the highest first, and as
// many bytes of payload. Frames that are too long are refused.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sl = sluice;
namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {
// [receiver]
class Frames {
public:
    Frames(tcp::endpoint server, std::size_t longest)
        : server_{std::move(server)}, longest_{longest}
    {
    }

    /// One connection. What Asio throws ends it, and it is begun again after a wait.
    asio::awaitable<void> operator()(sl::Emitter<std::string>& emitter)
    {
        tcp::socket socket{emitter.executor()};
        co_await socket.async_connect(server_, asio::use_awaitable);
        for (;;) {
            const std::size_t length = co_await readLength(socket);
            if (length > longest_) {
                emitter.reportRefused("a frame of " + std::to_string(length) + " bytes");
                co_await skip(socket, length);
                continue;
            }
            std::string frame(length, '\0'); // never more than `longest_`, whatever the peer says
            co_await asio::async_read(socket, asio::buffer(frame), asio::use_awaitable);
            co_await emitter.emit(std::move(frame));
        }
    }

private:
    static asio::awaitable<std::size_t> readLength(tcp::socket& socket)
    {
        std::array<unsigned char, 4> bytes{};
        co_await asio::async_read(socket, asio::buffer(bytes), asio::use_awaitable);
        std::size_t length = 0;
        for (const unsigned char byte : bytes) {
            length = length << 8U | byte;
        }
        co_return length;
    }

    static asio::awaitable<void> skip(tcp::socket& socket, std::size_t left)
    {
        std::array<char, 4096> rest{};
        while (left > 0) {
            const auto space = asio::buffer(rest, std::min(left, rest.size()));
            left -= co_await socket.async_read_some(space, asio::use_awaitable);
        }
    }

    tcp::endpoint server_;
    std::size_t longest_;
};
// [receiver]

/// Stops the context once the connection has ended; a program that serves goes on and connects
/// again.
class StopAtEnd : public sl::StreamingListener {
public:
    explicit StopAtEnd(sl::StreamingContext& context) : context_{context} {}

    void onRecordsRefused(const sl::RecordsRefused& event) override
    {
        std::cout << "refused: " << event.message << '\n';
    }
    void onReceiverStopped(const sl::ReceiverStopped&) override
    {
        context_.requestStop(sl::Stop::graceful);
    }

private:
    sl::StreamingContext& context_;
};

std::string framed(std::string_view payload)
{
    std::string frame;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        frame += static_cast<char>(payload.size() >> shift & 0xFFU);
    }
    return frame.append(payload);
}

/// Sends some frames to one client on the loopback address.
void serve(tcp::acceptor& acceptor)
{
    auto client = acceptor.accept();
    acceptor.close();
    const auto frames = framed("first") + framed(std::string(10'000, 'x')) + framed("second");
    asio::write(client, asio::buffer(frames));
}
} // namespace

int main()
{
    asio::io_context io;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    const tcp::endpoint server = acceptor.local_endpoint();
    std::thread thread{[&acceptor] { serve(acceptor); }};

    // [main]
    std::vector<std::string> received;
    sl::StreamingContext context{{.batchInterval = 50ms}};
    const auto frames =
        sl::receiverStream<std::string>(context, Frames{server, 1024}, {.name = "frames"});
    frames | sl::foreachBatch([&received](const sl::Batch<std::string>& batch) {
        received.insert(received.end(), batch.begin(), batch.end());
    });
    // [main]
    context.addStreamingListener(std::make_shared<StopAtEnd>(context));
    context.start();
    context.awaitTermination();
    thread.join();
    for (const auto& frame : received) {
        std::cout << frame << '\n';
    }
}
