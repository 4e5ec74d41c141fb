#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/stop_on_signals.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {
// NOLINTBEGIN(performance-unnecessary-value-param): a coroutine needs what it uses for itself
inline asio::awaitable<void> watchSignals(
    asio::any_io_executor io, std::function<void(Stop)> requestStop, std::vector<int> signals)
{
    asio::signal_set set{io};
    for (const int signal : signals) {
        set.add(signal);
    }
    boost::system::error_code error;
    for (int heard = 0; heard < 2; ++heard) {
        co_await set.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error) { co_return; }
        requestStop(heard == 0 ? Stop::graceful : Stop::now);
    }
    // The signals are the process's again: the next one ends it where the batch under way hangs.
}
// NOLINTEND(performance-unnecessary-value-param)
} // namespace engine::detail

SLUICE_DECL void stopOnSignals(engine::Runtime& runtime, std::initializer_list<int> signals)
{
    runtime.mustBeNew("stopOnSignals(context)");
    asio::signal_set trial{runtime.io()};
    for (const int signal : signals) {
        boost::system::error_code error;
        trial.add(signal, error);
        if (error) {
            throw InvalidArgument{"sluice: stopOnSignals(context, signals): signal " +
                                  std::to_string(signal) + " given, which cannot be caught"};
        }
    }
    runtime.addCompanion(std::bind_front(
        &engine::detail::watchSignals, runtime.io(), runtime.stopper(), std::vector<int>{signals}));
}

} // namespace sluice::inline SLUICE_ABI
