#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/impl/complaint.ipp>
#include <sluice/input/detail/file_slice.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// Whether an error of `open` says something about the file: another try would say the same.
inline bool isOfTheFile(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENXIO: // a socket
    case ENODEV:
    case EISDIR:
    case ESTALE:
    case ENAMETOOLONG: // with that of its directory before it
    case EAGAIN:       // someone has a lease on it, and may keep it as long as he likes
        return true;
    default:
        return false;
    }
}

SLUICE_DECL OpenSlice::OpenSlice(const FileSlice& slice) : slice_{slice}, position_{slice.from}
{
    do {
        descriptor_ = ::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) {
        if (!isOfTheFile(errno)) { fail("cannot open ", errno); }
        refuse(errno);
        return;
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        const int error = errno;
        ::close(descriptor_); // no destructor runs for an object that was not made
        fail("cannot look at ", error);
    }
    // Something else may have taken its name since it was chosen.
    if (!S_ISREG(status.st_mode)) { refuse(S_ISDIR(status.st_mode) ? EISDIR : EINVAL); }
}

SLUICE_DECL OpenSlice::~OpenSlice()
{
    if (isOpen()) { ::close(descriptor_); }
}

SLUICE_DECL void OpenSlice::refuse(int error) noexcept
{
    error_ = error;
    if (isOpen()) { ::close(std::exchange(descriptor_, -1)); }
}

SLUICE_DECL void OpenSlice::fail(const char* what, int error) const
{
    throw Error{
        ErrorCode::fileSystem, "sluice: " + std::string{what} + path() + ": " + textOfError(error)};
}

SLUICE_DECL std::size_t OpenSlice::read(std::span<char> to)
{
    if (!isOpen() || shrunk_ || position_ >= fileSize()) { return 0; }
    const auto bytes = std::min<std::uint64_t>(to.size(), fileSize() - position_);
    for (;;) {
        const ::ssize_t got = ::pread(descriptor_, to.data(), static_cast<std::size_t>(bytes),
            static_cast<::off_t>(position_));
        if (got >= 0) {
            shrunk_ = got == 0 && bytes > 0;
            position_ += static_cast<std::uint64_t>(got);
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) { fail("cannot read ", errno); }
    }
}

SLUICE_DECL void OpenSlice::finish() noexcept
{
    SliceOutcome& outcome = slice_.outcome;
    outcome.records.store(records_, std::memory_order_relaxed);
    outcome.bytes.store(bytes_, std::memory_order_relaxed);
    outcome.refused.store(refused_, std::memory_order_relaxed);
    outcome.error.store(error_, std::memory_order_relaxed);
    outcome.shrunk.store(shrunk_, std::memory_order_relaxed);
}

} // namespace sluice::detail::inline SLUICE_ABI
