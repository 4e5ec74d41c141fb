#pragma once

#include <sluice/version.hpp> // SLUICE_ABI, SLUICE_DECL

// Asio's two types that signatures name. Declared, not included: Asio's headers cost every file
// that includes them half a second, and most users' files need neither type to be complete.
namespace boost::asio {
class any_io_executor;
template <class T, class Executor>
class awaitable;
} // namespace boost::asio

namespace sluice::inline SLUICE_ABI {
namespace asio = boost::asio;

/// The coroutine type of sluice: `boost::asio::awaitable<T>`. Who awaits or writes one includes
/// `<boost/asio/awaitable.hpp>`.
template <class T = void>
using Awaitable = asio::awaitable<T, asio::any_io_executor>;
} // namespace sluice::inline SLUICE_ABI
