#pragma once

#include <stdexcept>
#include <string>

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

} // namespace sluice
