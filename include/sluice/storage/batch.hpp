#pragma once

#include <sluice/storage/partition.hpp>
#include <sluice/storage/time.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// What one batch took from one partition of a source: records `from` (included) to `until`
/// (excluded).
struct OffsetRange {
    std::string source;
    std::uint32_t partition = 0;
    std::uint64_t from = 0;
    std::uint64_t until = 0;

    friend bool operator==(const OffsetRange&, const OffsetRange&) = default;
};

/// What one source gave to one batch, and how it stands.
struct BatchInput {
    std::uint32_t streamId = 0; ///< the id of the source's stage
    std::string name{};         ///< of the source
    std::size_t records = 0;
    std::size_t bytes = 0;             ///< as received; 0 where the source does not count them
    std::size_t bufferedBytes = 0;     ///< accepted and not processed yet, this batch included
    std::optional<double> rateLimit{}; ///< records per second that it may accept; none: no limit
};

/// What is known of a batch besides its records.
struct BatchMetadata {
    Time time{};                      ///< its nominal time, the end of its interval
    std::uint64_t index = 0;          ///< 0 for the first batch after the start
    std::size_t inputRecords = 0;     ///< over all sources
    std::vector<BatchInput> inputs;   ///< of each source
    std::vector<OffsetRange> offsets; ///< of the sources that know theirs
    std::optional<Time> watermark;    ///< empty until event time exists
};

/// All partitions of one stream for one interval, with the batch's metadata.
///
/// A forward range over the records of all partitions in order, for C++20 and range-v3 views alike.
/// Copying is cheap and keeps the records alive: batches may be stored and read later.
template <class T>
class Batch {
public:
    using value_type = T;

    class Iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using reference = const T&;
        using pointer = const T*;
        using iterator_category = std::forward_iterator_tag;

        Iterator() = default;
        Iterator(const Partition<T>* partition, const Partition<T>* end)
            : partition_{partition}, end_{end}
        {
            enter();
        }

        reference operator*() const { return *record_; }
        pointer operator->() const { return record_; }
        Iterator& operator++()
        {
            if (++record_ == last_) {
                ++partition_;
                enter();
            }
            return *this;
        }
        Iterator operator++(int)
        {
            Iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const Iterator& a, const Iterator& b)
        {
            return a.partition_ == b.partition_ && a.record_ == b.record_;
        }

    private:
        void enter()
        {
            record_ = last_ = nullptr;
            while (partition_ != end_ && partition_->empty()) {
                ++partition_;
            }
            if (partition_ == end_) { return; }
            record_ = partition_->records().data();
            last_ = record_ + partition_->size();
        }

        const Partition<T>* partition_ = nullptr;
        const Partition<T>* end_ = nullptr;
        const T* record_ = nullptr;
        const T* last_ = nullptr;
    };

    Batch() : metadata_{std::make_shared<const BatchMetadata>()} {}
    Batch(std::vector<Partition<T>> partitions, std::shared_ptr<const BatchMetadata> metadata)
        : partitions_{std::move(partitions)}, metadata_{std::move(metadata)}
    {
    }

    /// `partitions` must hold records of type `T`.
    Batch(
        const std::vector<AnyPartition>& partitions, std::shared_ptr<const BatchMetadata> metadata)
        : partitions_(partitions.begin(), partitions.end()), metadata_{std::move(metadata)}
    {
    }

    [[nodiscard]] Iterator begin() const
    {
        return {partitions_.data(), partitions_.data() + partitions_.size()};
    }
    [[nodiscard]] Iterator end() const
    {
        const auto* end = partitions_.data() + partitions_.size();
        return {end, end};
    }

    /// Records in all partitions.
    [[nodiscard]] std::size_t size() const
    {
        std::size_t sum = 0;
        for (const auto& partition : partitions_) {
            sum += partition.size();
        }
        return sum;
    }
    [[nodiscard]] bool empty() const { return begin() == end(); }
    [[nodiscard]] const std::vector<Partition<T>>& partitions() const noexcept
    {
        return partitions_;
    }
    [[nodiscard]] Time time() const noexcept { return metadata_->time; }
    [[nodiscard]] const BatchMetadata& metadata() const noexcept { return *metadata_; }

private:
    std::vector<Partition<T>> partitions_;
    std::shared_ptr<const BatchMetadata> metadata_;
};

} // namespace sluice
