#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::detail {

/// The entries of a table whose hashes are in one interval, one after the other: in the order of
/// their places, or as a list has them. One loop for both, since what is done with an entry is
/// inlined there.
///
/// Slots are looked at by groups: whether the next one is taken is a coin's throw, and a branch on
/// each would cost more than what is done with the entries.
template <class Slot>
class TableWalk {
public:
    /// From `begin` on: all entries before `until`, then those of the unbroken run up to `end`
    /// that begins there, of hashes from `first` to `last`.
    TableWalk(Slot* begin, Slot* until, Slot* end, std::uint32_t first, std::uint32_t last)
        : slot_{begin},
          until_{until},
          end_{end},
          first_{std::max(first, std::uint32_t{1})}, // a free slot has 0
          width_{last - first_}
    {
    }
    explicit TableWalk(std::span<Slot* const> listed)
        : listed_{listed.data()}, listEnd_{listed.data() + listed.size()}
    {
    }

    /// Null when there are no more.
    [[gnu::always_inline]] Slot* next()
    {
        while (taken_ == 0) {
            if (!nextGroup()) { return listed_ != listEnd_ ? *listed_++ : nullptr; }
        }
        Slot* found = group_ + std::countr_zero(taken_);
        taken_ &= taken_ - 1;
        return found;
    }

private:
    static constexpr std::ptrdiff_t groupSize = 8;

    [[gnu::always_inline]] bool nextGroup()
    {
        group_ = slot_;
        if (until_ - slot_ >= groupSize) {
            for (unsigned i = 0; i < groupSize; ++i) {
                taken_ |= std::uint32_t{isWanted(group_[i])} << i;
            }
            slot_ += groupSize;
            return true;
        }
        // What was pushed out of its place ends at the first free slot.
        if (slot_ == end_ || (slot_ >= until_ && slot_->hash == 0)) { return false; }
        taken_ = std::uint32_t{isWanted(*slot_++)};
        return true;
    }

    bool isWanted(const Slot& slot) const { return slot.hash - first_ <= width_; }

    Slot* slot_ = nullptr;
    Slot* until_ = nullptr;
    Slot* end_ = nullptr;
    Slot* group_ = nullptr;
    std::uint32_t taken_ = 0; // of the group, those yet to come
    std::uint32_t first_ = 1;
    std::uint32_t width_ = 0;
    Slot* const* listed_ = nullptr;
    Slot* const* listEnd_ = nullptr;
};

} // namespace sluice::detail
