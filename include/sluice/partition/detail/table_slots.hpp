#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace sluice::detail {

/// A place in a table: empty while `hash` is 0.
template <class Stored, class V>
struct TableSlot {
    Stored key;
    std::uint32_t hash;
    V value;
};

/// The slots of a table: 2^n places that hashes map to in their order, and slack behind the last.
///
/// An entry lies at its place or in the unbroken run of entries from there on. The last slot is
/// never taken, so that every search ends.
template <class Stored, class V>
class TableSlots {
public:
    using Slot = TableSlot<Stored, V>;

    explicit TableSlots(unsigned log2Places, std::size_t slack)
        : slots_{allocate((std::size_t{1} << log2Places) + slack)},
          end_{slots_ + (std::size_t{1} << log2Places) + slack},
          shift_{64 - log2Places}
    {
    }
    TableSlots(TableSlots&& other) noexcept
        : slots_{std::exchange(other.slots_, nullptr)},
          end_{std::exchange(other.end_, nullptr)},
          shift_{other.shift_}
    {
    }
    TableSlots& operator=(TableSlots&& other) noexcept
    {
        std::swap(slots_, other.slots_);
        std::swap(end_, other.end_);
        std::swap(shift_, other.shift_);
        return *this;
    }
    TableSlots(const TableSlots&) = delete;
    TableSlots& operator=(const TableSlots&) = delete;
    ~TableSlots()
    {
        destroyEntries();
        ::operator delete(slots_, alignment);
    }

    Slot* place(std::uint64_t hash) const { return slots_ + (hash >> shift_); }
    Slot* begin() const { return slots_; }
    Slot* end() const { return end_; }
    bool isLast(const Slot* slot) const { return slot + 1 == end_; }
    bool hasPlaces(unsigned log2) const { return shift_ <= 64 - log2; }
    unsigned log2Places() const { return 64 - shift_; }
    std::size_t places() const { return std::size_t{1} << log2Places(); }
    std::size_t slack() const { return static_cast<std::size_t>(end_ - slots_) - places(); }

    /// Puts an entry into an empty slot; an exception leaves it empty.
    template <class... Value>
    static void fill(Slot& slot, Stored&& key, std::uint32_t hash, Value&&... value)
    {
        std::construct_at(&slot.value, std::forward<Value>(value)...);
        try {
            std::construct_at(&slot.key, std::move(key));
        } catch (...) {
            std::destroy_at(&slot.value);
            throw;
        }
        slot.hash = hash;
    }

    void clear()
    {
        destroyEntries();
        std::memset(static_cast<void*>(slots_), 0, bytes(static_cast<std::size_t>(end_ - slots_)));
    }

private:
    /// A slot of 32 bytes never straddles two cache lines.
    static constexpr std::align_val_t alignment{std::max<std::size_t>(64, alignof(Slot))};

    static constexpr std::size_t bytes(std::size_t slots) { return slots * sizeof(Slot); }

    static Slot* allocate(std::size_t slots)
    {
        void* memory = ::operator new(bytes(slots), alignment);
        return static_cast<Slot*>(std::memset(memory, 0, bytes(slots)));
    }

    void destroyEntries() noexcept
    {
        if constexpr (!std::is_trivially_destructible_v<Stored> ||
                      !std::is_trivially_destructible_v<V>) {
            for (Slot* slot = slots_; slot != end_; ++slot) {
                if (slot->hash == 0) { continue; }
                std::destroy_at(&slot->key);
                std::destroy_at(&slot->value);
            }
        }
    }

    Slot* slots_;
    Slot* end_;
    unsigned shift_;
};

} // namespace sluice::detail
