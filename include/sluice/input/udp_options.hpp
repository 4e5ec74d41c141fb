#pragma once

#include <sluice/version.hpp>

#include <cstddef>
#include <string>

namespace sluice::inline SLUICE_ABI {

/// Where `udpStream` receives, and what.
struct UdpOptions {
    std::string address = "127.0.0.1"; ///< of this machine; `0.0.0.0` or `::` for all that it has
    int port = 0;                      ///< required, 1 to 65535
    std::size_t maxDatagram = 65'535;  ///< bytes; a longer one is counted and refused
};

} // namespace sluice::inline SLUICE_ABI
