// Joins what two TCP servers send: orders on one socket, users on the other. Both servers are
// started here, on the loopback address, so that the program needs nothing else; with
// `nc -lk 9001` and `nc -lk 9002` in two terminals `joined(context, "localhost", 9001, 9002)` joins
// what is typed there.

#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
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
// [pipeline]
bool hasKey(std::string_view line)
{
    return line.find(',') != std::string_view::npos;
}

/// `7,tea` is "tea" of user "7".
std::pair<std::string, std::string> keyed(std::string_view line)
{
    const auto comma = line.find(',');
    return {std::string{line.substr(0, comma)}, std::string{line.substr(comma + 1)}};
}

/// Each order with each name that its user has in the same batch: user, order and name.
auto joined(sl::StreamingContext& context, const std::string& host, int orders, int users)
{
    const auto byUser = sl::filter(hasKey) | sl::map(keyed);
    const auto names = context.socketTextStream(host, users) | byUser;
    return context.socketTextStream(host, orders) | byUser | sl::join(names);
}
// [pipeline]

/// Sends a text to one client on the loopback address, and goes.
class Server {
public:
    explicit Server(std::string text)
        : thread_{[this, text = std::move(text)] {
              auto client = acceptor_.accept();
              acceptor_.close();
              asio::write(client, asio::buffer(text));
          }}
    {
    }
    ~Server() { thread_.join(); }

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    asio::io_context io_;
    tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::thread thread_;
};

/// Stops the context once both servers have closed; a program that serves goes on and connects
/// again. A graceful stop makes one more batch, of what has come.
class StopAtEnd : public sl::StreamingListener {
public:
    explicit StopAtEnd(sl::StreamingContext& context) : context_{context} {}

    void onReceiverStopped(const sl::ReceiverStopped& event) override
    {
        ended_.insert(event.streamId);
        if (ended_.size() == 2) { context_.requestStop(sl::Stop::graceful); }
    }

private:
    sl::StreamingContext& context_;
    std::set<std::uint32_t> ended_;
};
} // namespace

int main()
{
    const Server orders{"7,tea\n3,milk\n7,cake\n5,salt\nnonsense\n"};
    const Server users{"3,Ann\n7,Bob\n4,Eve\n"};

    // [main]
    std::vector<std::string> lines;
    sl::StreamingContext context{{.batchInterval = 30s}}; // so that all of it is one batch
    const auto orderOf = [](const auto& record) {
        const auto& [user, orderAndName] = record;
        const auto& [order, name] = orderAndName;
        return std::string{name} + " ordered " + std::string{order};
    };
    joined(context, "127.0.0.1", orders.port(), users.port()) | sl::map(orderOf) |
        sl::foreachBatch([&lines](const sl::Batch<std::string>& batch) {
            lines.insert(lines.end(), batch.begin(), batch.end());
        });
    context.addStreamingListener(std::make_shared<StopAtEnd>(context));
    context.start();
    context.awaitTermination();
    // [main]
    std::ranges::sort(lines); // a join promises no order
    for (const auto& line : lines) {
        std::cout << line << '\n';
    }
}
