#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/listener.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI {

/// A listener for whoever watches a long run: one line about the last batch, kept up to date in
/// place, where there is a terminal; nothing at all elsewhere.
///
///     batch 41 12:00:42  125k records/s  delay 410 us  took 12.3 ms  waiting 0
///
/// The batch's number and time (UTC), its records per second of batch interval, its scheduling
/// delay and processing time, the batches that wait, and, once there are any, those that failed and
/// the errors of sources (`logErrors` says which).
/// The line is drawn when a batch completes, and when one more has to wait, but at most some ten
/// times per second. It ends when `finish()` is called or the last owner lets go. What others print
/// on the same terminal meanwhile lands behind it.
///
/// Safe to use from several threads.
class ConsoleProgress : public StreamingListener {
public:
    /// Shows a text, which is never empty.
    using Sink = std::function<void(std::string_view text)>;

    /// Silent unless `stream`, which must outlive this, is a terminal. Its width is asked for at
    /// each line.
    explicit ConsoleProgress(std::FILE* stream = stderr);

    /// As for a terminal of this width.
    ConsoleProgress(Sink sink, std::size_t width);

    ~ConsoleProgress() override;
    ConsoleProgress(const ConsoleProgress&) = delete;
    ConsoleProgress& operator=(const ConsoleProgress&) = delete;

    void onReceiverError(const ReceiverError& source) override;
    void onReceiverStopped(const ReceiverStopped& source) override;
    void onBatchSubmitted(const BatchSubmitted& batch) override;
    void onBatchStarted(const BatchStarted& batch) override;
    void onBatchCompleted(const BatchCompleted& batch) override;

    /// Brings the line up to date and ends it, if anything was shown; what happens later is not.
    void finish();

private:
    [[nodiscard]] std::string line() const;
    [[nodiscard]] static bool isDue(const std::optional<Instant>& last, Instant at);
    void drawAt(Instant at);
    void draw();
    void countSourceError();

    std::mutex mutex_;
    Sink sink_; // empty: silent
    std::function<std::size_t()> width_;
    std::size_t drawn_ = 0; // characters on the line
    std::optional<Instant> drawnAt_;
    std::optional<Instant> completionDrawnAt_;
    bool stale_ = false; // something happened since

    std::optional<BatchInfo> last_; // the last one completed
    std::optional<Duration> interval_;
    std::uint64_t nextToSubmit_ = 0; // numbers of batches
    std::optional<std::uint64_t> nextToStart_;
    bool running_ = false;
    std::uint64_t failed_ = 0;
    std::uint64_t sourceErrors_ = 0;
};

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/progress.ipp>
#endif
