#pragma once

#include <sluice/version.hpp>

// The engine can be compiled once: define SLUICE_SEPARATE_COMPILATION everywhere and compile one source
// that includes <sluice/impl/src.hpp>. The mode is part of the inline namespace, so that mixing both
// fails to link instead of breaking silently.
#if defined(SLUICE_SEPARATE_COMPILATION)
#define SLUICE_ABI v0_compiled
#define SLUICE_DECL
#else
#define SLUICE_ABI v0_headers
#define SLUICE_DECL inline
#endif

namespace boost::asio {}

namespace sluice::inline SLUICE_ABI {
namespace asio = boost::asio;
} // namespace sluice::inline SLUICE_ABI
