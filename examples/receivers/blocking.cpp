// A receiver of a client that blocks: the client runs on a thread of its own, and hands over
// through an Asio channel.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel_error.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sl = sluice;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
/// Stands for a library without callbacks: `next` waits for the next record.
class Client {
public:
    std::optional<std::string> next()
    {
        std::this_thread::sleep_for(1ms);
        if (sent_ == records_.size()) { return std::nullopt; }
        return records_[sent_++];
    }

private:
    std::vector<std::string> records_{"to", "be", "or", "not", "to", "be"};
    std::size_t sent_ = 0;
};

// [blocking]
/// Room for 64 records that the receiver has not taken yet: then the client's thread waits.
using Records =
    asio::experimental::concurrent_channel<void(boost::system::error_code, std::string)>;

/// On a thread of its own, where it may block.
void runClient(Records& records)
{
    Client client;
    try {
        while (auto record = client.next()) {
            records.async_send({}, *std::move(record), asio::use_future).get();
        }
    } catch (const boost::system::system_error&) { // closed: nobody receives any more
    }
    records.close(); // what is in it is still received
}

/// On `io`, which it does not hold while it waits.
class ReceiveFrom {
public:
    explicit ReceiveFrom(std::shared_ptr<Records> records) : records_{std::move(records)} {}

    asio::awaitable<void> operator()(sl::Emitter<std::string>& emitter)
    {
        for (;;) {
            boost::system::error_code end;
            std::string record =
                co_await records_->async_receive(asio::redirect_error(asio::use_awaitable, end));
            if (end == asio::experimental::error::channel_closed) { co_return; }
            if (end) { throw boost::system::system_error{end}; }
            co_await emitter.emit(std::move(record));
        }
    }

private:
    std::shared_ptr<Records> records_;
};
// [blocking]
} // namespace

int main()
{
    std::vector<std::string> received;
    // [handover]
    const auto records = std::make_shared<Records>(asio::system_executor{}, 64);
    const std::jthread client{[records] { runClient(*records); }};
    sl::StreamingContext context{{.batchInterval = 20ms}};
    const auto stream =
        sl::receiverStream<std::string>(context, ReceiveFrom{records}, {.name = "client"});
    // [handover]
    stream | sl::foreachBatch([&](const sl::Batch<std::string>& batch) {
        received.insert(received.end(), batch.begin(), batch.end());
        if (received.size() == 6) { context.requestStop(); }
    });
    context.start();
    context.awaitTermination();
    records->close(); // so that the client's thread ends at its next record
    for (const std::string& record : received) {
        std::cout << record << '\n';
    }
}
