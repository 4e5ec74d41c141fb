#pragma once

#include <sluice/engine/config.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace sluice::inline SLUICE_ABI::engine {

// Plain functions over erased types: each further kind of handler that Asio sees costs every
// header-only user a third of a second.

/// Runs `function` on `executor`, not before this returns.
void post(const asio::any_io_executor& executor, std::function<void()> function);

/// Ends what a coroutine awaits of Asio's: its operations end with `operation_aborted`, and so does
/// whatever it awaits afterwards. One that has not begun yet, or is not spawned yet, ends so
/// without having begun. For one coroutine after another; to be used on their executor, while none
/// of them runs.
class Cancellation {
public:
    Cancellation();
    ~Cancellation();
    Cancellation(Cancellation&&) noexcept;
    Cancellation& operator=(Cancellation&&) noexcept;

    void cancel();

private:
    friend void spawn(const asio::any_io_executor&, Awaitable<void>,
        std::function<void(std::exception_ptr)>, Cancellation*);
    struct Signal;
    std::unique_ptr<Signal> signal_;
};

/// Runs `coroutine` on `executor` and then, there too, `ended` with what it threw. `cancellation`,
/// where one is given, must be there until `ended` is called.
void spawn(const asio::any_io_executor& executor, Awaitable<void> coroutine,
    std::function<void(std::exception_ptr)> ended, Cancellation* cancellation = nullptr);

} // namespace sluice::inline SLUICE_ABI::engine

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/spawn.ipp>
#endif
