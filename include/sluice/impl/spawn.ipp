#pragma once

#include <sluice/engine/spawn.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

/// Of the coroutine's executor, but for the slot, which is whoever's who spawns.
struct Cancellation::Signal {
    asio::cancellation_signal signal;
    bool begun = false;
    bool cancelled = false; // before it began

    /// The first step of a coroutine. Asio must not hear of a cancellation before: it throws where
    /// its own part of the coroutine awaits something then, and nobody catches that.
    asio::awaitable<void> begin(asio::awaitable<void> coroutine)
    {
        if (std::exchange(cancelled, false)) {
            throw boost::system::system_error{
                boost::system::error_code{asio::error::operation_aborted}};
        }
        begun = true;
        return coroutine;
    }

    struct Begin {
        asio::awaitable<void> coroutine;
        Signal* signal;

        asio::awaitable<void> operator()()
        {
            return signal == nullptr ? std::move(coroutine) : signal->begin(std::move(coroutine));
        }
    };

    /// Has a slot of its own, which bind_cancellation_slot would give it too. But Asio hands a
    /// cancellation to what that makes by way of the executor, where it may come to a coroutine
    /// that has ended, whose signal is gone or serves the next one.
    struct End {
        // NOLINTBEGIN(readability-identifier-naming): Asio's names
        using cancellation_slot_type = asio::cancellation_slot;
        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept
        {
            return signal == nullptr ? cancellation_slot_type{} : signal->signal.slot();
        }
        // NOLINTEND(readability-identifier-naming)

        std::function<void(std::exception_ptr)> ended;
        Signal* signal;

        void operator()(const std::exception_ptr& failure)
        {
            if (signal != nullptr) { signal->begun = false; }
            ended(failure);
        }
    };
};

SLUICE_DECL Cancellation::Cancellation() : signal_{std::make_unique<Signal>()} {}
SLUICE_DECL Cancellation::~Cancellation() = default;
SLUICE_DECL Cancellation::Cancellation(Cancellation&&) noexcept = default;
SLUICE_DECL Cancellation& Cancellation::operator=(Cancellation&&) noexcept = default;

SLUICE_DECL void Cancellation::cancel()
{
    if (signal_->begun) {
        signal_->signal.emit(asio::cancellation_type::terminal);
    } else {
        signal_->cancelled = true;
    }
}

SLUICE_DECL void post(const asio::any_io_executor& executor, std::function<void()> function)
{
    asio::post(executor, std::move(function));
}

SLUICE_DECL void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
    std::function<void(std::exception_ptr)> ended, Cancellation* cancellation)
{
    Cancellation::Signal* const signal =
        cancellation == nullptr ? nullptr : cancellation->signal_.get();
    asio::co_spawn(executor, Cancellation::Signal::Begin{std::move(coroutine), signal},
        Cancellation::Signal::End{std::move(ended), signal});
}

} // namespace sluice::inline SLUICE_ABI::engine
