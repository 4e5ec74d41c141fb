#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice {

/// A partition of records of a type that only who made it knows: what the engine passes on.
struct AnyPartition {
    std::shared_ptr<const void> owner; ///< of the memory under the records
    const void* records = nullptr;
    std::size_t size = 0;
    std::size_t weight = 0; ///< how much work it is, in a unit of the source's own
};

/// A contiguous, immutable run of records plus the owner that keeps the memory under them alive.
///
/// Copying a partition copies two pointers. Views inside the records stay valid as long as any copy
/// of the partition lives.
template <class T>
class Partition {
public:
    using value_type = T;

    Partition() = default;

    /// `weight` says how much work the partition is, in a unit of the source's own; by default its
    /// records.
    Partition(std::shared_ptr<const void> owner, std::span<const T> records, std::size_t weight)
        : any_{std::move(owner), records.data(), records.size(), weight}
    {
    }
    Partition(std::shared_ptr<const void> owner, std::span<const T> records)
        : Partition{std::move(owner), records, records.size()}
    {
    }
    /// `any` must hold records of type `T`.
    explicit Partition(AnyPartition any) : any_{std::move(any)} {}

    [[nodiscard]] auto begin() const noexcept { return records().begin(); }
    [[nodiscard]] auto end() const noexcept { return records().end(); }
    [[nodiscard]] std::size_t size() const noexcept { return any_.size; }
    [[nodiscard]] bool empty() const noexcept { return any_.size == 0; }
    [[nodiscard]] std::span<const T> records() const noexcept
    {
        return {static_cast<const T*>(any_.records), any_.size};
    }
    [[nodiscard]] std::size_t weight() const noexcept { return any_.weight; }
    [[nodiscard]] const std::shared_ptr<const void>& owner() const noexcept { return any_.owner; }
    [[nodiscard]] const AnyPartition& any() const noexcept { return any_; }

private:
    AnyPartition any_;
};

/// The records of a partition that is known to hold records of type `T`.
template <class T>
[[nodiscard]] std::span<const T> recordsOf(const AnyPartition& partition) noexcept
{
    return {static_cast<const T*>(partition.records), partition.size};
}

/// A partition of the records of a vector, which it takes over.
template <class T>
[[nodiscard]] Partition<T> makePartition(std::vector<T> records)
{
    auto owner = std::make_shared<const std::vector<T>>(std::move(records));
    std::span<const T> all{*owner};
    return {std::move(owner), all};
}

} // namespace sluice
