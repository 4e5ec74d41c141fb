#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/streaming_context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_DECL asio::awaitable<void> StreamingContext::terminated()
{
    return runtime_.terminated();
}

SLUICE_DECL asio::any_io_executor StreamingContext::io()
{
    return runtime_.io();
}

SLUICE_DECL void StreamingContext::addStreamingListener(std::shared_ptr<StreamingListener> listener)
{
    if (!listener) { throw InvalidArgument{"sluice: addStreamingListener(listener): null given"}; }
    runtime_.events().addListener(std::move(listener));
}

SLUICE_DECL void StreamingContext::removeStreamingListener(
    const std::shared_ptr<StreamingListener>& listener)
{
    runtime_.events().removeListener(listener);
}

SLUICE_DECL Metrics StreamingContext::metrics() const
{
    return runtime_.events().metrics();
}

SLUICE_DECL std::vector<Event> StreamingContext::events(std::uint64_t from)
{
    return runtime_.events().since(from);
}

} // namespace sluice::inline SLUICE_ABI
