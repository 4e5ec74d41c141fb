// Orders, each enriched with what a web service knows of its customer: mapAsync over HTTP. The
// service is in this program too, so that there is something to ask.

#include "customer_service.hpp"

#include <sluice/dstream/map_async.hpp>
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace sl = sluice;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using namespace std::chrono_literals;

namespace {
struct Order {
    std::string customer;
    int amount = 0;
};

struct EnrichedOrder {
    Order order;
    std::string country;
};

// [call]
class LookUpCustomer {
public:
    explicit LookUpCustomer(asio::ip::tcp::endpoint service) : service_{std::move(service)} {}

    /// What it throws is a failed call, which is made again; a timeout or a stop cancels what it
    /// awaits.
    asio::awaitable<EnrichedOrder> operator()(const Order& order) const
    {
        beast::tcp_stream stream{co_await asio::this_coro::executor};
        co_await stream.async_connect(service_, asio::use_awaitable);

        http::request<http::empty_body> request{http::verb::get, "/country/" + order.customer, 11};
        request.set(http::field::host, "localhost");
        co_await http::async_write(stream, request, asio::use_awaitable);

        beast::flat_buffer buffer;
        http::response_parser<http::string_body> response;
        response.body_limit(4096); // the service is somebody else's
        co_await http::async_read(stream, buffer, response, asio::use_awaitable);

        switch (response.get().result()) {
        case http::status::ok:
            co_return EnrichedOrder{order, response.get().body()};
        case http::status::not_found:
            co_return EnrichedOrder{order, "unknown"}; // an answer, too
        default:
            throw std::runtime_error{"the service is not well"};
        }
    }

private:
    asio::ip::tcp::endpoint service_;
};
// [call]
} // namespace

int main()
{
    const CustomerService service;

    sl::StreamingContext context{{.batchInterval = 50ms}};
    sl::BatchQueue<Order> orders{
        {{"ann", 10}, {"bob", 20}, {"cid", 30}, {"ann", 5}}, {{"eve", 1}, {"bob", 2}}};

    // [pipeline]
    auto enriched = context.queueStream(orders) | sl::mapAsync({.concurrency = 64, .timeout = 2s},
                                                      LookUpCustomer{service.endpoint()});
    // [pipeline]

    std::size_t seen = 0;
    enriched | sl::foreachBatch([&](const sl::Batch<EnrichedOrder>& batch) {
        for (const auto& [order, country] : batch) {
            std::cout << order.customer << " (" << country << "): " << order.amount << '\n';
        }
        seen += batch.size();
        if (seen == 6) { context.stop(sl::Stop::graceful); }
    });

    context.start();
    context.awaitTermination();
    std::cout << "calls made again: " << context.metrics().operators[1].retries << '\n';
}
