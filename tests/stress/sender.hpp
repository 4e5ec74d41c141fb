#pragma once

#include "stress/support.hpp"
#include "support/line_server.hpp" // Descriptor

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string_view>
#include <thread>
#include <utility>

namespace sluice::stress {

/// A server on the loopback address that does the same to each client, one after the other, on a
/// thread of its own.
class Sender {
public:
    /// One client's connection. `send` is false once the client, or the sender, has gone.
    class Connection {
    public:
        Connection(int fd, const std::atomic<bool>& stop) : fd_{fd}, stop_{&stop} {}

        [[nodiscard]] bool send(std::string_view bytes) const
        {
            while (!bytes.empty()) {
                pollfd ready{fd_, POLLOUT, 0};
                if (stop_->load()) { return false; }
                if (::poll(&ready, 1, 100) <= 0) { continue; }
                const auto sent =
                    ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent < 0 && errno != EAGAIN) { return false; }
                if (sent > 0) { bytes.remove_prefix(static_cast<std::size_t>(sent)); }
            }
            return true;
        }

        /// Does nothing for `time`, or until the client has gone: false then.
        [[nodiscard]] bool stall(std::chrono::milliseconds time) const
        {
            pollfd gone{fd_, POLLRDHUP, 0};
            return ::poll(&gone, 1, static_cast<int>(time.count())) == 0 && !stop_->load();
        }

        /// Breaks the connection instead of closing it in order.
        void reset() const
        {
            const linger now{1, 0};
            ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }

    private:
        int fd_;
        const std::atomic<bool>* stop_;
    };

    explicit Sender(std::function<void(const Connection&)> serve) : serve_{std::move(serve)}
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        require(::bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 8) == 0 &&
                    ::getsockname(listener_.get(), any, &size) == 0,
            "cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { run(); }};
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender()
    {
        stop_ = true;
        thread_.join();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void run()
    {
        while (!stop_) {
            pollfd ready{listener_.get(), POLLIN, 0};
            if (::poll(&ready, 1, 100) <= 0) { continue; }
            const test::Descriptor client{::accept(listener_.get(), nullptr, nullptr)};
            if (client.open()) { serve_(Connection{client.get(), stop_}); }
        }
    }

    std::function<void(const Connection&)> serve_;
    test::Descriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

/// What this process has of memory right now, in bytes.
inline std::size_t residentBytes()
{
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    require(file != nullptr, "no /proc/self/statm");
    unsigned long all = 0;
    unsigned long resident = 0;
    const int read = std::fscanf(file, "%lu %lu", &all, &resident);
    std::fclose(file);
    require(read == 2, "cannot read /proc/self/statm");
    return static_cast<std::size_t>(resident) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace sluice::stress
