#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/listener.hpp>

#include <iosfwd>
#include <memory>

namespace sluice::inline SLUICE_ABI {

/// A listener that writes what goes wrong to `out`, which must outlive it: a line each.
///
///     context.addStreamingListener(sluice::logErrors(std::cerr));
///
///     sluice: socketTextStream localhost:9999: cannot connect: Connection refused; is tried again
///
/// Told are errors of sources, input that was refused, batches that failed, and records that were
/// skipped or dropped. What a source says over and over is written once, until it says something
/// else or works again. Nothing is written while all is well.
///
/// May be given to several contexts.
[[nodiscard]] std::shared_ptr<StreamingListener> logErrors(std::ostream& out);

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/log_errors.ipp>
#endif
