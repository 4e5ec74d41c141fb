#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice {

/// A contiguous, immutable run of records plus the owner that keeps the memory under them alive.
///
/// Copying a partition copies two pointers. Views inside the records stay valid as long as any copy of
/// the partition lives.
template <class T>
class Partition {
public:
    using value_type = T;

    Partition() = default;

    /// `weight` says how much work the partition is, in a unit of the source's own; by default its records.
    Partition(std::shared_ptr<const void> owner, std::span<const T> records, std::size_t weight)
        : owner_{std::move(owner)}, records_{records}, weight_{weight}
    {
    }
    Partition(std::shared_ptr<const void> owner, std::span<const T> records)
        : Partition{std::move(owner), records, records.size()}
    {
    }

    [[nodiscard]] auto begin() const noexcept { return records_.begin(); }
    [[nodiscard]] auto end() const noexcept { return records_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
    [[nodiscard]] std::span<const T> records() const noexcept { return records_; }
    [[nodiscard]] std::size_t weight() const noexcept { return weight_; }
    [[nodiscard]] const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

private:
    std::shared_ptr<const void> owner_;
    std::span<const T> records_;
    std::size_t weight_ = 0;
};

/// A partition of the records of a vector, which it takes over.
template <class T>
[[nodiscard]] Partition<T> makePartition(std::vector<T> records)
{
    auto owner = std::make_shared<const std::vector<T>>(std::move(records));
    std::span<const T> all{*owner};
    return {std::move(owner), all};
}

} // namespace sluice
