#pragma once

#include <sluice/version.hpp> // SLUICE_ABI, SLUICE_DECL

namespace boost::asio {
}

namespace sluice::inline SLUICE_ABI {
namespace asio = boost::asio;
} // namespace sluice::inline SLUICE_ABI
