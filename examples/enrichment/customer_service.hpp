#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

/// A web service on a free port of the loopback address: `GET /country/<customer>`. It is not well
/// when it is asked for the first time, and answers that with 503.
class CustomerService {
    using tcp = boost::asio::ip::tcp;

public:
    CustomerService() : acceptor_{io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}}
    {
        boost::asio::co_spawn(io_, accept(), boost::asio::detached);
        thread_ = std::thread{[this] { io_.run(); }};
    }
    CustomerService(const CustomerService&) = delete;
    CustomerService& operator=(const CustomerService&) = delete;
    ~CustomerService()
    {
        io_.stop();
        thread_.join();
    }

    [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

private:
    boost::asio::awaitable<void> accept()
    {
        for (;;) {
            tcp::socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
            boost::asio::co_spawn(io_, serve(std::move(socket)), boost::asio::detached);
        }
    }

    boost::asio::awaitable<void> serve(tcp::socket socket)
    {
        namespace http = boost::beast::http;
        boost::beast::flat_buffer buffer;
        http::request<http::empty_body> request;
        co_await http::async_read(socket, buffer, request, boost::asio::use_awaitable);
        auto response = answer(std::string_view{request.target().data(), request.target().size()});
        co_await http::async_write(socket, response, boost::asio::use_awaitable);
    }

    boost::beast::http::response<boost::beast::http::string_body> answer(std::string_view target)
    {
        namespace http = boost::beast::http;
        static const std::map<std::string, std::string, std::less<>> countries{
            {"/country/ann", "Austria"}, {"/country/bob", "Belgium"}, {"/country/cid", "Chile"}};
        http::response<http::string_body> response{http::status::ok, 11};
        if (std::exchange(isFirst_, false)) {
            response.result(http::status::service_unavailable);
        } else if (const auto known = countries.find(target); known != countries.end()) {
            response.body() = known->second;
        } else {
            response.result(http::status::not_found);
        }
        response.prepare_payload();
        return response;
    }

    boost::asio::io_context io_{1};
    tcp::acceptor acceptor_;
    bool isFirst_ = true;
    std::thread thread_;
};
