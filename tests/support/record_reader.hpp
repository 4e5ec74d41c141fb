#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::test {

constexpr std::chrono::seconds patience{10};

/// Options for a test of a source: short batches, short waits between attempts.
inline Options often()
{
    Options options{.batchInterval = Duration{2}, .parallelism = 2};
    options.reconnect = {.first = Duration{1}, .atMost = Duration{4}};
    return options;
}

/// The same without a limit but the buffer: how fast batches are on a busy machine is nothing that
/// a test can rely on.
inline Options freely()
{
    Options options = often();
    options.backpressure.enabled = false;
    return options;
}

/// For `map`: strings as the text that a RecordReader collects.
constexpr auto asText = borrows([](const std::string& text) { return std::string_view{text}; });

/// A context that collects the records of one stream of text.
class RecordReader {
public:
    /// `makeStream(context)` makes the stream.
    template <class MakeStream>
    RecordReader(Options options, MakeStream makeStream) : context_{std::move(options)}
    {
        makeStream(context_) |
            foreachBatch([this](const Batch<std::string_view>& batch) { take(batch); });
        context_.start();
    }

    /// So many records have come, within reason.
    bool waitForRecords(std::size_t n)
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, patience, [&] { return records_.size() >= n; });
    }

    /// So many batches came from here on, or because of `cause`: what was received before is in
    /// them.
    bool waitForBatches(
        std::size_t n, const std::function<void()>& cause = [] {})
    {
        std::unique_lock lock{mutex_};
        const auto enough = batches_ + n;
        cause();
        return changed_.wait_for(lock, patience, [&] { return batches_ >= enough; });
    }

    /// `holds()` came true, within reason: each batch is a chance to look.
    template <class Condition>
    bool waitUntil(Condition holds)
    {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > end || !waitForBatches(1)) { return false; }
        }
        return true;
    }

    /// The log has `n` events of this kind, within reason; it forgets those of some seconds ago.
    template <class E>
    bool waitForEvents(std::size_t n)
    {
        return waitUntil([&] { return eventsOf<E>().size() >= n; });
    }

    template <class E>
    std::vector<E> eventsOf()
    {
        std::vector<E> found;
        for (const auto& event : context_.events()) {
            if (const auto* one = std::get_if<E>(&event)) { found.push_back(*one); }
        }
        return found;
    }

    /// The counters of the stream's source.
    SourceMetrics source() const
    {
        const auto metrics = context_.metrics();
        return metrics.sources.empty() ? SourceMetrics{} : metrics.sources.front();
    }

    std::vector<std::string> records() const
    {
        const std::lock_guard lock{mutex_};
        return records_;
    }

    /// While held, the batch under way does not end.
    std::unique_lock<std::mutex> hold() { return std::unique_lock{held_}; }

    StreamingContext& context() { return context_; }

private:
    void take(const Batch<std::string_view>& batch)
    {
        const std::lock_guard held{held_};
        const std::lock_guard lock{mutex_};
        records_.insert(records_.end(), batch.begin(), batch.end());
        ++batches_;
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::mutex held_;
    std::condition_variable changed_;
    std::vector<std::string> records_;
    std::size_t batches_ = 0;
    StreamingContext context_; // last: what it calls is above
};

} // namespace sluice::test
