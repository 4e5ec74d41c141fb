#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/events.hpp>

namespace sluice::inline SLUICE_ABI {

/// Told of everything that happens to a context. Override what is of interest.
///
/// Callbacks come one at a time and in order, on a thread of the context's `compute` executor,
/// after the fact. They may call the context: `stop()` only asks there. A callback that blocks
/// delays batches; one that falls more than 16,384 events behind misses the oldest. What it throws
/// is counted (`Metrics::listenerErrors`) and otherwise ignored.
///
/// - **Source**: Spark's `StreamingListener`; `onRecordsRefused`, `onRecordsRead` and
///   `onRecordsDropped` are new.
class StreamingListener {
public:
    virtual ~StreamingListener() = default;

    virtual void onStreamingStarted(const StreamingStarted&) {}
    virtual void onReceiverStarted(const ReceiverStarted&) {}
    virtual void onReceiverError(const ReceiverError&) {}
    virtual void onReceiverStopped(const ReceiverStopped&) {}
    virtual void onRecordsRefused(const RecordsRefused&) {}
    virtual void onRecordsRead(const RecordsRead&) {}
    virtual void onRecordsDropped(const RecordsDropped&) {}
    virtual void onBatchSubmitted(const BatchSubmitted&) {}
    virtual void onBatchStarted(const BatchStarted&) {}
    virtual void onBatchCompleted(const BatchCompleted&) {}
    virtual void onOutputOperationStarted(const OutputOperationStarted&) {}
    virtual void onOutputOperationCompleted(const OutputOperationCompleted&) {}
};

} // namespace sluice::inline SLUICE_ABI
