// Step 4: lines from a socket, until a signal comes.
//
//     step4 localhost 9999     the lines of this server, such as nc -lk 9999; Ctrl-C ends it
//     step4                    a server of its own, which sends three lines, and then SIGINT

#include <sluice/sluice.hpp>
#include <sluice/stop_on_signals.hpp>

#include "totals.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace sl = sluice;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
// [count]
void countWords(const std::string& host, int port)
{
    const auto one = [](std::string_view word) { return std::pair{word, 1L}; };
    const auto wordCount = sl::flatMap(sl::words) | sl::map(one) | sl::reduceByKey(std::plus{});

    sl::StreamingContext context{{.batchInterval = 100ms}};
    const Totals totals;
    context.socketTextStream(host, port) | wordCount | sl::foreachBatch(totals);
    context.addStreamingListener(sl::logErrors(std::cerr));
    sl::stopOnSignals(context);
    context.start();
    context.awaitTermination();
    totals.print();
}
// [count]

/// Serves one client on the loopback address and, once that has read everything and gone, ends the
/// process as Ctrl-C would.
void serve(asio::ip::tcp::acceptor& acceptor)
{
    auto client = acceptor.accept();
    const std::string_view text = "to be\nor not to be\nthat is the question";
    asio::write(client, asio::buffer(text));
    client.shutdown(asio::ip::tcp::socket::shutdown_send);
    char nothing = 0;
    boost::system::error_code gone;
    client.read_some(asio::buffer(&nothing, 1), gone);
    acceptor.close();
    (void)std::raise(SIGINT);
}
} // namespace

int main(int argc, char** argv)
{
    if (argc == 3) {
        countWords(argv[1], std::stoi(argv[2]));
        return 0;
    }
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    const auto port = acceptor.local_endpoint().port();
    std::thread server{[&acceptor] { serve(acceptor); }};
    countWords("127.0.0.1", port);
    server.join();
}
