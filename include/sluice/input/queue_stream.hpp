#pragma once

#include <sluice/algebra/transducer.hpp> // Refused
#include <sluice/dstream/dstream.hpp>
#include <sluice/input/source_stage.hpp>

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// A queue of batches that a test, or a program, fills by hand. A handle: copies share one queue.
/// Safe to use from several threads.
template <class T>
class BatchQueue {
public:
    BatchQueue() = default;
    BatchQueue(std::initializer_list<std::vector<T>> batches)
    {
        for (const auto& batch : batches) {
            push(batch);
        }
    }

    /// One batch with one partition.
    void push(std::vector<T> records) { enqueue({makePartition(std::move(records)).any()}); }

    /// One batch with a partition for each element.
    void pushPartitions(std::vector<std::vector<T>> partitions)
    {
        std::vector<AnyPartition> made;
        made.reserve(partitions.size());
        for (auto& records : partitions) {
            made.push_back(makePartition(std::move(records)).any());
        }
        enqueue(std::move(made));
    }

    [[nodiscard]] std::size_t size() const
    {
        const std::lock_guard lock{shared_->mutex};
        return shared_->batches.size();
    }

    /// The partitions of the oldest batch, or of all batches; nothing where the queue is empty.
    [[nodiscard]] std::optional<std::vector<AnyPartition>> pop(bool oneAtATime)
    {
        std::vector<AnyPartition> taken;
        const std::lock_guard lock{shared_->mutex};
        auto& batches = shared_->batches;
        if (batches.empty()) { return std::nullopt; }
        while (!batches.empty()) {
            for (auto& partition : batches.front()) {
                taken.push_back(std::move(partition));
            }
            batches.pop_front();
            if (oneAtATime) { break; }
        }
        return taken;
    }

private:
    void enqueue(std::vector<AnyPartition> partitions)
    {
        const std::lock_guard lock{shared_->mutex};
        shared_->batches.push_back(std::move(partitions));
    }

    struct Shared {
        std::mutex mutex;
        std::deque<std::vector<AnyPartition>> batches;
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {

template <class T>
class QueueSource final : public SourceStage {
public:
    QueueSource(engine::StageInfo&& info, BatchQueue<T> queue, bool oneAtATime,
        std::vector<AnyPartition> defaultBatch)
        : SourceStage{std::move(info)},
          queue_{std::move(queue)},
          oneAtATime_{oneAtATime},
          defaultBatch_{std::move(defaultBatch)}
    {
    }

    void cut(BatchMetadata& batch) override
    {
        auto batches = queue_.pop(oneAtATime_);
        auto partitions = batches ? *std::move(batches) : defaultBatch_;
        std::size_t records = 0;
        for (const auto& partition : partitions) {
            records += partition.size;
        }
        this->give(batch, std::move(partitions), records);
    }

private:
    BatchQueue<T> queue_;
    bool oneAtATime_;
    std::vector<AnyPartition> defaultBatch_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::detail {
template <class Queue>
inline constexpr bool isBatchQueue = false;
template <class T>
inline constexpr bool isBatchQueue<BatchQueue<T>> = true;

/// What somebody may take for a queue of batches.
template <class Range>
concept NoBatchQueue = std::ranges::range<Range> && !isBatchQueue<Range>;

/// Says so in one sentence.
template <NoBatchQueue Range>
auto refuseQueue()
{
    static_assert(isBatchQueue<Range>,
        "sluice: queueStream(context, queue): the queue must be a sluice::BatchQueue<T>, whose "
        "elements are whole batches: BatchQueue<int>{{1, 2}, {3}}");
    return Refused{};
}
} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// A stream of the batches in `queue`: one a batch interval, or all that are there.
///
/// - **Types**: `BatchQueue<T>` to `DStream<T>`.
/// - **Takes**: the queue, which may be filled at any time from any thread; `oneAtATime` (true);
///   and optionally the records of the batch that an empty queue gives.
/// - **Empty**: an empty queue gives the default batch, in one partition; where none is given, an
///   empty batch without partitions.
/// - **Errors**: IllegalState once the context was started.
/// - **Cost**: one lock a batch; records are neither moved nor copied.
/// - **Source**: Spark's `StreamingContext.queueStream`. A graceful stop takes one more
///   batch; what a stop finds in the queue beyond that stays there.
template <class T>
[[nodiscard]] DStream<T> queueStream(
    engine::Runtime& runtime, BatchQueue<T> queue, bool oneAtATime = true)
{
    return {runtime, engine::makeStage<detail::QueueSource<T>>(runtime.newStage("queueStream"),
                         std::move(queue), oneAtATime, std::vector<AnyPartition>{})};
}

template <class T>
[[nodiscard]] DStream<T> queueStream(engine::Runtime& runtime, BatchQueue<T> queue, bool oneAtATime,
    std::type_identity_t<std::vector<T>> defaultBatch)
{
    std::vector<AnyPartition> partitions{makePartition(std::move(defaultBatch)).any()};
    return {runtime, engine::makeStage<detail::QueueSource<T>>(runtime.newStage("queueStream"),
                         std::move(queue), oneAtATime, std::move(partitions))};
}

/// Says in one sentence what is wrong with what is no queue of batches.
template <detail::NoBatchQueue Range, class... Anything>
[[nodiscard]] auto queueStream(engine::Runtime&, const Range&, const Anything&...)
{
    return detail::refuseQueue<Range>();
}

} // namespace sluice::inline SLUICE_ABI
