#pragma once

#include <sluice/engine/spawn.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL void post(const asio::any_io_executor& executor, std::function<void()> function)
{
    asio::post(executor, std::move(function));
}

SLUICE_DECL void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
    std::function<void(std::exception_ptr)> ended)
{
    asio::co_spawn(executor, std::move(coroutine), std::move(ended));
}

} // namespace sluice::inline SLUICE_ABI::engine
