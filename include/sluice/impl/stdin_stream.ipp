#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/impl/byte_stream_source.ipp>
#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/stdin_stream.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <span>
#include <string>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// A descriptor that is closed in the end.
class OwnDescriptor {
public:
    explicit OwnDescriptor(int fd) noexcept : fd_{fd} {}
    OwnDescriptor(OwnDescriptor&& from) noexcept : fd_{std::exchange(from.fd_, -1)} {}
    OwnDescriptor& operator=(OwnDescriptor&&) = delete;
    ~OwnDescriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return fd_; }

    void close() noexcept
    {
        if (fd_ >= 0) { ::close(std::exchange(fd_, -1)); }
    }

private:
    int fd_;
};

/// Reads a file descriptor to its end.
class StdinSource final : public ByteStreamSource {
public:
    StdinSource(engine::StageInfo&& info, const Options& options, OwnDescriptor&& input)
        : ByteStreamSource{std::move(info), options,
              std::make_unique<LineFramer>(options.maxLineBytes)},
          input_{std::move(input)}
    {
    }

private:
    using Descriptor = asio::posix::stream_descriptor;

    Awaitable<void> receive() override;
    void watch(Descriptor& readable) const;
    [[nodiscard]] bool readSome(bool mayWait);

    OwnDescriptor input_;
};

[[noreturn]] inline void throwUnreadable(int error)
{
    const boost::system::error_code code{error, boost::system::system_category()};
    throw Error{ErrorCode::connection, "cannot read: " + code.message()};
}

/// What is there; an error EAGAIN where that is nothing, for whoever else reads the same input may
/// have been faster, and the descriptor is a blocking one.
inline ::ssize_t readWithoutWaiting(int fd, std::span<char> space)
{
#if defined(RWF_NOWAIT)
    iovec part{space.data(), space.size()};
    const ::ssize_t bytes = ::preadv2(fd, &part, 1, -1, RWF_NOWAIT);
    if (bytes >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) { return bytes; }
#endif
    // As a terminal, or an older kernel: someone may still be faster, just less often.
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return ::read(fd, space.data(), space.size());
}

SLUICE_DECL asio::awaitable<void> StdinSource::receive()
{
    Descriptor readable{io().get()};
    watch(readable);
    started();
    boost::system::error_code error;
    do {
        co_await room();
        if (readable.is_open()) {
            co_await readable.async_wait(
                Descriptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
            if (error && !stopping()) { throwUnreadable(error.value()); }
        }
    } while (!stopping() && readSome(!readable.is_open()));
    input_.close();
}

/// Opens `readable`, unless reading the descriptor never waits, as that of a file.
///
/// Asio is given an epoll that watches the descriptor, not the descriptor itself: it would make
/// that a non-blocking one, also for the shell, and for the output to the same terminal.
SLUICE_DECL void StdinSource::watch(Descriptor& readable) const
{
    readable.assign(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(readable.native_handle(), EPOLL_CTL_ADD, input_.get(), &event) == 0) { return; }
    const int error = errno;
    readable.close();
    if (error != EPERM) { throwUnreadable(error); }
}

/// False at the end of the input.
SLUICE_DECL bool StdinSource::readSome(bool mayWait)
{
    const auto space = writable();
    const auto bytes = mayWait ? ::read(input_.get(), space.data(), space.size())
                               : readWithoutWaiting(input_.get(), space);
    if (bytes > 0) {
        read(static_cast<std::size_t>(bytes));
    } else if (bytes == 0) {
        streamEnded(true);
    } else if (errno != EINTR && errno != EAGAIN) {
        throwUnreadable(errno);
    }
    return bytes != 0;
}

SLUICE_DECL std::shared_ptr<engine::Stage> makeStdinSource(engine::Runtime& runtime, int fd)
{
    OwnDescriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (copy.get() < 0) {
        throw InvalidArgument{"sluice: stdinStream(context, fd): fd is " + std::to_string(fd) +
                              ", and must be a descriptor that is open"};
    }
    const std::string name = fd == 0 ? "stdinStream" : "stdinStream " + std::to_string(fd);
    return std::make_shared<StdinSource>(
        runtime.newStage(name), runtime.options(), std::move(copy));
}

} // namespace sluice::detail::inline SLUICE_ABI
