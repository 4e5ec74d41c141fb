#pragma once

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice {

/// What kind of thing went wrong; each value has its entry with a remedy in docs/errors.md.
enum class ErrorCode {
    invalidArgument, ///< a value that an option or operator does not take
    illegalState,    ///< a call that the context's present state does not allow
    task,            ///< a user's function threw, and so did every further attempt
    stopTimeout,     ///< a graceful stop ran out of time and dropped records
    connection,      ///< a source could not reach, or lost, its peer
    badInput,        ///< what came from outside is not what it says it is
    fileSystem,      ///< the system refuses to open, read or write a file or folder
    callTimeout,     ///< an asynchronous call took longer than it may
};

/// The root of what sluice throws. Causes are nested (`std::rethrow_if_nested`).
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message) : std::runtime_error{message}, code_{code} {}
    Error(ErrorCode code, const char* message) : std::runtime_error{message}, code_{code} {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

    /// Whether the context cannot go on after it.
    [[nodiscard]] bool fatal() const noexcept { return !retriable(); }

    /// Whether the same call may succeed later.
    [[nodiscard]] bool retriable() const noexcept
    {
        return code_ == ErrorCode::connection || code_ == ErrorCode::fileSystem ||
               code_ == ErrorCode::callTimeout;
    }

private:
    ErrorCode code_;
};

/// A wrong value, thrown by the call that gave it: names the option, the value and what would do.
class InvalidArgument : public Error {
public:
    explicit InvalidArgument(const char* message) : Error{ErrorCode::invalidArgument, message} {}
    explicit InvalidArgument(const std::string& message)
        : Error{ErrorCode::invalidArgument, message}
    {
    }
};

/// A call at a time when it is not allowed.
class IllegalState : public Error {
public:
    explicit IllegalState(const char* message) : Error{ErrorCode::illegalState, message} {}
    explicit IllegalState(const std::string& message) : Error{ErrorCode::illegalState, message} {}
};

namespace detail {
/// A count as it was given: what was negative is shown so, although it was taken as unsigned.
[[nodiscard]] inline std::string asGiven(std::size_t count)
{
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    return count <= most / 2 ? std::to_string(count) : "-" + std::to_string(most - count + 1);
}

/// `count`; throws InvalidArgument where it was negative.
[[nodiscard]] inline std::size_t notNegative(std::size_t count, std::string_view call)
{
    if (count <= std::numeric_limits<std::size_t>::max() / 2) { return count; }
    throw InvalidArgument{
        "sluice: " + std::string{call} + ": " + asGiven(count) + " given, must not be negative"};
}
} // namespace detail

} // namespace sluice
