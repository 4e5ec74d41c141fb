#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/storage/pool.hpp> // clearForReuse

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace sluice::detail {

inline constexpr std::size_t mostGrouped = std::numeric_limits<std::uint32_t>::max();

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
    /// Answers with the place of the value.
    template <class U>
    [[gnu::always_inline]] std::uint32_t add(U&& value)
    {
        const std::size_t place = values_.size();
        // Asked as push_back asks it, so that it is asked once.
        if (place == values_.capacity()) { grow(); }
        values_.push_back(Boxed{static_cast<V>(std::forward<U>(value))});
        return static_cast<std::uint32_t>(place);
    }

    [[nodiscard]] std::uint32_t size() const noexcept
    {
        return static_cast<std::uint32_t>(values_.size());
    }
    V& value(std::uint32_t place) noexcept { return values_[place].value; }
    std::uint32_t& number(std::uint32_t place) noexcept { return numbers_[place]; }

    /// Forgets the values but keeps the memory, unless it is far more than they needed.
    void clear() noexcept
    {
        clearForReuse(values_);
        // Where it let go, or there was room for one of the two only.
        if (values_.capacity() != numbers_.size()) { *this = NumberedValues{}; }
    }

private:
    /// Values of type `bool` do not become bits.
    struct Boxed {
        V value;
    };

    [[gnu::noinline]] void grow()
    {
        const std::size_t room = values_.capacity();
        checkGroupable(room + 1);
        const std::size_t larger = std::min(mostGrouped, std::max(2 * room, std::size_t{64}));
        numbers_.resize(larger); // first: if memory ends here, there is no room for values either
        values_.reserve(larger);
    }

    std::vector<Boxed> values_;
    std::vector<std::uint32_t> numbers_; // as many as there is room for values
};

} // namespace sluice::detail
