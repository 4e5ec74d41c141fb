#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace sluice::detail {

/// Values side by side, to be filled in any order; the memory is used again.
///
/// Unlike a `std::vector` it does not set values to zero first, and holds `bool` like anything
/// else.
template <std::copyable V>
class Slab {
public:
    Slab() = default;
    Slab(Slab&& other) noexcept
        : values_{std::exchange(other.values_, nullptr)},
          size_{std::exchange(other.size_, 0)},
          capacity_{std::exchange(other.capacity_, 0)}
    {
    }
    Slab& operator=(Slab&& other) noexcept
    {
        std::swap(values_, other.values_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;
    ~Slab() { free(); }

    /// Becomes `size` values to be assigned to: with whatever a default leaves in them, or copies
    /// of `like` where `V` has no default.
    void renew(std::size_t size, const V& like)
    {
        std::destroy_n(values_, std::exchange(size_, 0));
        if (size > capacity_) {
            free();
            values_ = std::allocator<V>{}.allocate(size);
            capacity_ = size;
        }
        if constexpr (std::default_initializable<V>) {
            std::uninitialized_default_construct_n(values_, size);
        } else {
            std::uninitialized_fill_n(values_, size, like);
        }
        size_ = size;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    V& operator[](std::size_t i) noexcept { return values_[i]; }
    [[nodiscard]] std::span<const V> part(std::size_t begin, std::size_t count) const noexcept
    {
        return {values_ + begin, count};
    }

    /// Forgets the values but keeps the memory, unless it is far more than they needed.
    void clear() noexcept
    {
        const std::size_t used = std::exchange(size_, 0);
        std::destroy_n(values_, used);
        if (capacity_ / 4 > used && capacity_ > alwaysWorthKeeping) { free(); }
    }

private:
    static constexpr std::size_t alwaysWorthKeeping = 4096;

    void free() noexcept
    {
        std::destroy_n(values_, std::exchange(size_, 0));
        if (values_ != nullptr) {
            std::allocator<V>{}.deallocate(std::exchange(values_, nullptr), capacity_);
        }
        capacity_ = 0;
    }

    V* values_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace sluice::detail
