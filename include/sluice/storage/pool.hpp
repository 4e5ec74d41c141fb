#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::detail {

/// Empties `records` and keeps their memory for the next batch, unless it is far more than they needed.
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

/// Objects of one type that wait to be used again. Safe to use from several threads.
class PoolShelf {
public:
    PoolShelf(std::size_t keepAtMost, void (*destroy)(void*))
        : keepAtMost_{keepAtMost}, destroy_{destroy}
    {
        free_.reserve(keepAtMost);
    }
    PoolShelf(const PoolShelf&) = delete;
    PoolShelf& operator=(const PoolShelf&) = delete;
    ~PoolShelf()
    {
        for (void* object : free_) { destroy_(object); }
    }

    [[nodiscard]] void* take()
    {
        const std::lock_guard lock{mutex_};
        if (free_.empty()) { return nullptr; }
        void* object = free_.back();
        free_.pop_back();
        return object;
    }

    void put(void* object) noexcept
    {
        {
            const std::lock_guard lock{mutex_};
            if (free_.size() < keepAtMost_) { return free_.push_back(object); }
        }
        destroy_(object);
    }

private:
    std::mutex mutex_;
    std::vector<void*> free_;
    std::size_t keepAtMost_;
    void (*destroy_)(void*);
};

/// Objects whose memory is used again by later batches: when the last pointer to one goes, it is cleared
/// and comes back here. Safe to use from several threads; objects may outlive the pool.
template <class T>
class Pool {
public:
    explicit Pool(std::size_t keepAtMost = 32)
        : shelf_{std::make_shared<PoolShelf>(
              keepAtMost, [](void* object) { delete static_cast<T*>(object); })}
    {
    }

    [[nodiscard]] std::shared_ptr<T> take()
    {
        auto* object = static_cast<T*>(shelf_->take());
        if (object == nullptr) { object = new T; }
        return {object, Return{shelf_}};
    }

private:
    struct Return {
        std::shared_ptr<PoolShelf> shelf;

        void operator()(T* object) const noexcept
        {
            object->clear();
            shelf->put(object);
        }
    };

    std::shared_ptr<PoolShelf> shelf_;
};

} // namespace sluice::detail
