#pragma once

#include <sluice/engine/runtime.hpp>
#include <sluice/input/detail/block_framer.hpp>
#include <sluice/input/receiver_stage.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {

/// The source whose records are whole blocks of what `framer` finds in the bytes of a TCP server.
/// Throws InvalidArgument, in the name of `name`, for an empty host or a port that is none.
[[nodiscard]] std::shared_ptr<ReceiverStage> makeSocketSource(engine::Runtime& runtime,
    std::string_view name, std::string host, int port, std::unique_ptr<BlockFramer> framer);

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/socket_source.ipp>
#endif
