#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::detail {

/// Objects whose memory is used again by later batches: when the last pointer to one goes, it is cleared
/// and comes back here. Safe to use from several threads; objects may outlive the pool.
template <class T>
class Pool {
public:
    explicit Pool(std::size_t keepAtMost = 32) : shelf_{std::make_shared<Shelf>(keepAtMost)} {}

    [[nodiscard]] std::shared_ptr<T> take()
    {
        std::unique_ptr<T> object = shelf_->take();
        if (!object) { object = std::make_unique<T>(); }
        return {object.release(), Return{shelf_}};
    }

private:
    class Shelf {
    public:
        explicit Shelf(std::size_t keepAtMost) : keepAtMost_{keepAtMost}
        {
            free_.reserve(keepAtMost);
        }

        std::unique_ptr<T> take()
        {
            const std::lock_guard lock{mutex_};
            if (free_.empty()) { return nullptr; }
            auto object = std::move(free_.back());
            free_.pop_back();
            return object;
        }

        void put(std::unique_ptr<T> object) noexcept
        {
            object->clear();
            const std::lock_guard lock{mutex_};
            if (free_.size() < keepAtMost_) { free_.push_back(std::move(object)); }
        }

    private:
        std::mutex mutex_;
        std::vector<std::unique_ptr<T>> free_;
        std::size_t keepAtMost_;
    };

    struct Return {
        std::weak_ptr<Shelf> shelf;

        void operator()(T* object) const noexcept
        {
            std::unique_ptr<T> owned{object};
            if (auto home = shelf.lock()) { home->put(std::move(owned)); }
        }
    };

    std::shared_ptr<Shelf> shelf_;
};

} // namespace sluice::detail
