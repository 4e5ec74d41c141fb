#pragma once

#include <sluice/version.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail {

/// Empties `records` and keeps their memory for the next batch, unless it is far more than they
/// needed.
template <class T>
void clearForReuse(std::vector<T>& records) noexcept
{
    constexpr std::size_t alwaysWorthKeeping = 4096;
    const std::size_t used = std::max(records.size(), alwaysWorthKeeping);
    if (records.capacity() / 4 > used) {
        std::vector<T>{}.swap(records); // assigning {} would keep the memory
    } else {
        records.clear();
    }
}

/// Copies `more` behind `records`, which has room for it; its type need not be assignable: the key
/// of a map's elements is const.
template <class T>
void append(std::vector<T>& records, std::span<const T> more)
{
    if constexpr (std::is_copy_assignable_v<T>) {
        records.insert(records.end(), more.begin(), more.end());
    } else {
        for (const T& record : more) {
            records.push_back(record);
        }
    }
}

/// An object whose memory is used again.
class Reusable {
public:
    Reusable() = default;
    Reusable(const Reusable&) = delete;
    Reusable& operator=(const Reusable&) = delete;
    virtual ~Reusable() = default;
    virtual void clear() noexcept = 0;
};

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// Objects that wait to be used again. Safe to use from several threads.
class PoolShelf : public std::enable_shared_from_this<PoolShelf> {
public:
    explicit PoolShelf(std::size_t keepAtMost);
    PoolShelf(const PoolShelf&) = delete;
    PoolShelf& operator=(const PoolShelf&) = delete;
    ~PoolShelf();

    /// One that waits here, or null.
    [[nodiscard]] std::unique_ptr<Reusable> take();

    /// A pointer to `object` whose last copy clears it and brings it here.
    [[nodiscard]] std::shared_ptr<Reusable> lend(std::unique_ptr<Reusable> object);

private:
    void put(std::unique_ptr<Reusable> object) noexcept;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Reusable>> free_;
    std::size_t keepAtMost_;
};

[[nodiscard]] std::shared_ptr<PoolShelf> makePoolShelf(std::size_t keepAtMost);

/// Objects whose memory is used again by later batches: when the last pointer to one goes, it is
/// cleared and comes back here. Safe to use from several threads; objects may outlive the pool.
template <class T>
class Pool {
    struct Lent final : Reusable {
        T value;
        void clear() noexcept override { value.clear(); }
    };

public:
    explicit Pool(std::size_t keepAtMost = 32) : shelf_{makePoolShelf(keepAtMost)} {}

    [[nodiscard]] std::shared_ptr<T> take()
    {
        auto waiting = shelf_->take();
        if (!waiting) { waiting.reset(new Lent); }
        T* value = &static_cast<Lent&>(*waiting).value;
        return {shelf_->lend(std::move(waiting)), value};
    }

private:
    std::shared_ptr<PoolShelf> shelf_;
};

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/pool.ipp>
#endif
