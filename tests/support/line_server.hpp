#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace sluice::test {

/// A file descriptor that is closed once.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_{fd} {}
    Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor()
    {
        if (fd_ >= 0) { ::close(fd_); }
    }

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// A text server on the loopback address, for tests: it serves one client at a time, on its own
/// thread, and does what it was told in the order it was told. What is said while there is no
/// client is for the next one. Every wait is bounded and answers whether it came true.
class LineServer {
public:
    using Patience = std::chrono::milliseconds;
    static constexpr Patience patience{10'000};

    /// Listens on `port`, or on a free one; a test restarts a server by giving the old one's port.
    explicit LineServer(std::uint16_t port = 0)
    {
        listen(port);
        std::array<int, 2> ends{};
        check(::pipe(ends.data()), "pipe");
        wakeRead_ = Descriptor{ends[0]};
        wakeWrite_ = Descriptor{ends[1]};
        setNonBlocking(wakeRead_);
        setNonBlocking(wakeWrite_);
        thread_ = std::thread{[this] { serve(); }};
    }

    LineServer(const LineServer&) = delete;
    LineServer& operator=(const LineServer&) = delete;

    /// Closes the client's connection, whatever is still unsent.
    ~LineServer()
    {
        {
            std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        wake();
        thread_.join();
    }

    std::uint16_t port() const { return port_; }

    void send(std::string bytes) { tell({Order::Send, std::move(bytes)}); }

    /// Ends the stream in good order once everything said before is sent.
    void closeClient() { tell({Order::Close, {}}); }

    /// Breaks the connection (a reset) once everything said before is sent.
    void breakClient() { tell({Order::Break, {}}); }

    /// The `n`-th client so far is connected, or was.
    bool waitForClient(std::size_t n = 1, Patience limit = patience)
    {
        return wait(limit, [&] { return clients_ >= n; });
    }

    /// The client that is there has gone, or was sent away.
    bool waitForNoClient(Patience limit = patience)
    {
        return wait(limit, [&] { return clients_ > 0 && !connected_; });
    }

    /// The kernel accepted `bytes` in all, over all clients.
    bool waitForAccepted(std::size_t bytes, Patience limit = patience)
    {
        return wait(limit, [&] { return accepted_ >= bytes; });
    }

    /// Everything that was said is done.
    bool waitForAllSent(Patience limit = patience)
    {
        return wait(limit, [&] { return orders_.empty(); });
    }

    /// Nothing more was accepted for `quiet` though there is more to send: the client does not
    /// read. False as soon as everything is sent.
    bool waitForStall(Patience quiet = Patience{200}, Patience limit = patience)
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        std::unique_lock lock{mutex_};
        while (!orders_.empty() && std::chrono::steady_clock::now() < end) {
            const auto before = accepted_;
            auto moved = [&] { return accepted_ != before || orders_.empty(); };
            if (!changed_.wait_for(lock, quiet, moved) && connected_) { return true; }
        }
        return false;
    }

    /// Bytes the kernel took so far: more than the client has read, by what sockets buffer.
    std::size_t accepted() const
    {
        std::lock_guard lock{mutex_};
        return accepted_;
    }

    std::size_t clients() const
    {
        std::lock_guard lock{mutex_};
        return clients_;
    }

private:
    enum class Order { Send, Close, Break };

    struct Step {
        Order order;
        std::string bytes;
    };

    static void check(int result, const char* what)
    {
        if (result < 0) { throw std::system_error{errno, std::generic_category(), what}; }
    }

    static void setNonBlocking(const Descriptor& fd)
    {
        check(::fcntl(fd.get(), F_SETFL, O_NONBLOCK), "fcntl");
    }

    static void setOption(const Descriptor& fd, int option, int value)
    {
        check(::setsockopt(fd.get(), SOL_SOCKET, option, &value, sizeof value), "setsockopt");
    }

    void listen(std::uint16_t port)
    {
        listener_ = Descriptor{::socket(AF_INET, SOCK_STREAM, 0)};
        check(listener_.get(), "socket");
        setOption(listener_, SO_REUSEADDR, 1);
        // Small, so that a client that stops reading is felt soon; accepted sockets inherit it.
        setOption(listener_, SO_SNDBUF, 64 * 1024);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        sockaddr generic{};
        static_assert(sizeof generic == sizeof address);
        std::memcpy(&generic, &address, sizeof address);
        check(::bind(listener_.get(), &generic, sizeof generic), "bind");
        check(::listen(listener_.get(), 8), "listen");
        socklen_t size = sizeof generic;
        check(::getsockname(listener_.get(), &generic, &size), "getsockname");
        std::memcpy(&address, &generic, sizeof address);
        port_ = ntohs(address.sin_port);
        setNonBlocking(listener_);
    }

    template <class Condition>
    bool wait(Patience limit, Condition condition)
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, limit, condition);
    }

    void tell(Step step)
    {
        {
            std::lock_guard lock{mutex_};
            orders_.push_back(std::move(step));
        }
        wake();
    }

    void wake()
    {
        const char byte = 0;
        // A full pipe wakes as well.
        [[maybe_unused]] auto written = ::write(wakeWrite_.get(), &byte, 1);
    }

    void serve()
    {
        for (;;) {
            std::array<pollfd, 2> waits{};
            waits[0] = {wakeRead_.get(), POLLIN, 0};
            waits[1] = {listener_.get(), POLLIN, 0};
            if (client_.open()) {
                short events = POLLIN;
                if (hasOrder()) { events |= POLLOUT; }
                waits[1] = {client_.get(), events, 0};
            }
            ::poll(waits.data(), waits.size(), -1);
            if (stopRequested()) { return; }
            if (!client_.open()) {
                acceptClient();
            } else if ((waits[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && clientIsGone()) {
                forgetClient();
            } else if ((waits[1].revents & POLLOUT) != 0) {
                doOrder();
            }
        }
    }

    bool hasOrder() const
    {
        std::lock_guard lock{mutex_};
        return !orders_.empty();
    }

    bool stopRequested() const
    {
        std::array<char, 256> ignored{};
        while (::read(wakeRead_.get(), ignored.data(), ignored.size()) > 0) {}
        std::lock_guard lock{mutex_};
        return stopping_;
    }

    void acceptClient()
    {
        client_ = Descriptor{::accept(listener_.get(), nullptr, nullptr)};
        if (!client_.open()) { return; }
        setNonBlocking(client_);
        std::lock_guard lock{mutex_};
        ++clients_;
        connected_ = true;
        changed_.notify_all();
    }

    bool clientIsGone() const
    {
        std::array<char, 256> ignored{};
        auto got = ::recv(client_.get(), ignored.data(), ignored.size(), 0);
        return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    }

    /// What was meant for a client that went by itself is not for the next one.
    void forgetClient()
    {
        std::unique_lock lock{mutex_};
        while (!orders_.empty() && orders_.front().order == Order::Send) {
            orders_.pop_front();
        }
        if (!orders_.empty()) { orders_.pop_front(); }
        lock.unlock();
        dropClient();
    }

    void dropClient()
    {
        client_ = Descriptor{};
        sent_ = 0;
        std::lock_guard lock{mutex_};
        connected_ = false;
        changed_.notify_all();
    }

    /// Does the first order, or as much of it as the kernel accepts now.
    void doOrder()
    {
        std::unique_lock lock{mutex_};
        const Order order = orders_.front().order;
        if (order == Order::Send) {
            // Only this thread removes orders, and a deque's elements stay where they are.
            const std::string_view rest = std::string_view{orders_.front().bytes}.substr(sent_);
            lock.unlock();
            auto taken = ::send(client_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (taken < 0) { return; } // the next poll tells whether it is the client that is gone
            const auto bytes = static_cast<std::size_t>(taken);
            sent_ = bytes == rest.size() ? 0 : sent_ + bytes;
            lock.lock();
            accepted_ += bytes;
            if (bytes == rest.size()) { orders_.pop_front(); }
            changed_.notify_all();
            return;
        }
        orders_.pop_front();
        lock.unlock();
        if (order == Order::Break) {
            const linger abort{1, 0};
            ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
        }
        dropClient();
    }

    std::uint16_t port_ = 0;
    Descriptor listener_;
    Descriptor wakeRead_;
    Descriptor wakeWrite_;
    Descriptor client_;    // the server thread's own
    std::size_t sent_ = 0; // of the first order; the server thread's own

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Step> orders_;
    std::size_t clients_ = 0;
    std::size_t accepted_ = 0;
    bool connected_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace sluice::test
