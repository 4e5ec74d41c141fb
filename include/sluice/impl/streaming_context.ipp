#pragma once

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

SLUICE_DECL std::vector<Event> StreamingContext::events(std::uint64_t from)
{
    return runtime_.events().since(from);
}

} // namespace sluice::inline SLUICE_ABI
