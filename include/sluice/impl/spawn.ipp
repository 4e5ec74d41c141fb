#pragma once

#include <sluice/engine/spawn.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

struct Cancellation::Signal {
    asio::cancellation_signal signal;
};

SLUICE_DECL Cancellation::Cancellation() : signal_{std::make_unique<Signal>()} {}
SLUICE_DECL Cancellation::~Cancellation() = default;
SLUICE_DECL Cancellation::Cancellation(Cancellation&&) noexcept = default;
SLUICE_DECL Cancellation& Cancellation::operator=(Cancellation&&) noexcept = default;

SLUICE_DECL void Cancellation::cancel()
{
    signal_->signal.emit(asio::cancellation_type::terminal);
}

SLUICE_DECL void post(const asio::any_io_executor& executor, std::function<void()> function)
{
    asio::post(executor, std::move(function));
}

SLUICE_DECL void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
    std::function<void(std::exception_ptr)> ended, Cancellation* cancellation)
{
    asio::cancellation_slot slot;
    if (cancellation != nullptr) { slot = cancellation->signal_->signal.slot(); }
    asio::co_spawn(
        executor, std::move(coroutine), asio::bind_cancellation_slot(slot, std::move(ended)));
}

} // namespace sluice::inline SLUICE_ABI::engine
