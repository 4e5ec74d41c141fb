#pragma once

#include <sluice/engine/log_errors.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {

/// What `logErrors` makes.
class ErrorLog final : public StreamingListener {
public:
    explicit ErrorLog(std::ostream& out) : out_{out} {}

    void onReceiverStarted(const ReceiverStarted& source) override { forget(source); }
    void onRecordsRead(const RecordsRead& source) override { forget(source); }
    void onReceiverError(const ReceiverError& source) override { tell(source, source.message); }

    void onReceiverStopped(const ReceiverStopped& source) override
    {
        if (source.message.empty()) { return; }
        tell(source,
            source.message + (source.restarts ? "; is tried again" : "; is not tried again"));
    }

    void onRecordsRefused(const RecordsRefused& source) override
    {
        tell(source, "input was refused: " + source.message);
    }

    void onRecordsDropped(const RecordsDropped& dropped) override
    {
        write(std::to_string(dropped.records) + " records in " + std::to_string(dropped.batches) +
              " batches were dropped by a graceful stop that ran out of time");
    }

    void onBatchCompleted(const BatchCompleted& batch) override
    {
        for (const StageReport& stage : batch.stages) {
            if (stage.recordsSkipped == 0) { continue; }
            write("batch " + toString(batch.time) + ", " + std::to_string(stage.recordsSkipped) +
                  " records skipped: " + stage.firstSkipped);
        }
        if (!batch.failure.empty()) { write(batch.failure); }
    }

private:
    /// Two contexts may have sources with the same id, but hardly with the same name.
    using SourceKey = std::pair<std::uint32_t, std::string>;

    static SourceKey keyOf(const ReceiverInfo& source) { return {source.streamId, source.name}; }

    void forget(const ReceiverInfo& source)
    {
        const std::lock_guard lock{mutex_};
        told_.erase(keyOf(source));
    }

    void tell(const ReceiverInfo& source, const std::string& message)
    {
        {
            const std::lock_guard lock{mutex_};
            std::string& last = told_[keyOf(source)];
            if (last == message) { return; }
            last = message;
        }
        write(source.name + ": " + message);
    }

    void write(std::string_view text)
    {
        constexpr std::string_view prefix{"sluice: "};
        std::string line{text.starts_with(prefix) ? "" : prefix};
        line += text;
        line += '\n';
        const std::lock_guard lock{mutex_};
        out_.write(line.data(), static_cast<std::streamsize>(line.size())).flush();
    }

    std::mutex mutex_;
    std::ostream& out_;
    std::map<SourceKey, std::string> told_; // what each source said last
};

} // namespace engine::detail

SLUICE_DECL std::shared_ptr<StreamingListener> logErrors(std::ostream& out)
{
    return std::make_shared<engine::detail::ErrorLog>(out);
}

} // namespace sluice::inline SLUICE_ABI
