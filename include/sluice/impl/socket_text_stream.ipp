#pragma once

#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/detail/make_socket_source.hpp>
#include <sluice/input/socket_text_stream.hpp>

#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL std::shared_ptr<engine::Stage> makeSocketTextSource(
    engine::Runtime& runtime, std::string host, int port)
{
    auto framer = std::make_unique<LineFramer>(runtime.options().maxLineBytes);
    return makeSocketSource(runtime, "socketTextStream", std::move(host), port, std::move(framer));
}

} // namespace sluice::detail::inline SLUICE_ABI
