#pragma once

#include <sluice/algebra/error.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace sluice::detail {

inline constexpr std::uint32_t mostGrouped = std::numeric_limits<std::uint32_t>::max();

/// Throws where a partition would have more values than their numbers can tell apart.
inline void checkGroupable(std::size_t count)
{
    if (count > mostGrouped) {
        throw Error{
            ErrorCode::illegalState, "sluice: a task cannot group more than 4294967295 records"};
    }
}

/// Values in the order in which they came, each with the number of its key, which may be known
/// later. Side by side in two arrays, so that nothing is lost between a value and its number.
template <std::copyable V>
class NumberedValues {
public:
    NumberedValues() = default;
    NumberedValues(NumberedValues&& other) noexcept
        : values_{std::exchange(other.values_, nullptr)},
          numbers_{std::exchange(other.numbers_, nullptr)},
          size_{std::exchange(other.size_, 0)},
          capacity_{std::exchange(other.capacity_, 0)}
    {
    }
    NumberedValues& operator=(NumberedValues&& other) noexcept
    {
        std::swap(values_, other.values_);
        std::swap(numbers_, other.numbers_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    NumberedValues(const NumberedValues&) = delete;
    NumberedValues& operator=(const NumberedValues&) = delete;
    ~NumberedValues() { free(); }

    /// Answers with the place of the value.
    template <class U>
    [[gnu::always_inline]] std::uint32_t add(U&& value)
    {
        if (size_ == capacity_) { grow(); }
        std::construct_at(values_ + size_, std::forward<U>(value));
        return size_++;
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    V& value(std::uint32_t place) noexcept { return values_[place]; }
    std::uint32_t& number(std::uint32_t place) noexcept { return numbers_[place]; }

    /// Forgets the values but keeps the memory, unless it is far more than they needed.
    void clear() noexcept
    {
        const std::uint32_t used = std::exchange(size_, 0);
        std::destroy_n(values_, used);
        if (capacity_ / 4 > used && capacity_ > alwaysWorthKeeping) { free(); }
    }

private:
    static constexpr std::uint32_t alwaysWorthKeeping = 4096;

    [[gnu::noinline]] void grow()
    {
        checkGroupable(std::size_t{capacity_} + 1);
        NumberedValues larger;
        larger.capacity_ =
            capacity_ > mostGrouped / 2 ? mostGrouped : std::max(2 * capacity_, std::uint32_t{64});
        larger.values_ = std::allocator<V>{}.allocate(larger.capacity_);
        larger.numbers_ = std::allocator<std::uint32_t>{}.allocate(larger.capacity_);
        std::uninitialized_move_n(values_, size_, larger.values_);
        std::copy_n(numbers_, size_, larger.numbers_);
        larger.size_ = size_;
        *this = std::move(larger);
    }

    void free() noexcept
    {
        std::destroy_n(values_, std::exchange(size_, 0));
        if (values_ != nullptr) { std::allocator<V>{}.deallocate(values_, capacity_); }
        if (numbers_ != nullptr) {
            std::allocator<std::uint32_t>{}.deallocate(numbers_, capacity_);
        }
        values_ = nullptr;
        numbers_ = nullptr;
        capacity_ = 0;
    }

    V* values_ = nullptr;
    std::uint32_t* numbers_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
};

} // namespace sluice::detail
