#pragma once

#include <sluice/partition/detail/table_keys.hpp>
#include <sluice/partition/detail/table_listing.hpp>
#include <sluice/partition/detail/table_room.hpp>
#include <sluice/partition/detail/table_slots.hpp>
#include <sluice/partition/detail/table_walk.hpp>
#include <sluice/partition/hash.hpp>
#include <sluice/partition/partitioner.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

/// One value for each key, combined as records come: both sides of the shuffle of `reduceByKey`.
///
/// Open addressing in the order of hashes, so that each partition lies in one piece of the table
/// and is merged from there: no record is ever moved into a bucket. Keys are owned; texts
/// (`std::string`, `std::string_view`) are looked up and visited as views, and up to 15 bytes of
/// them lie in the slot itself. Views into a table stay valid until it changes; moving the table
/// does not count as a change. A table that was moved from may be assigned to or destroyed.
template <class K, class V>
    requires HashableKey<K> && std::copy_constructible<V>
class CombineTable {
    using Keys = detail::TableKeys<K>;
    using Slots = detail::TableSlots<typename Keys::Stored, V>;
    using Slot = typename Slots::Slot;

public:
    /// A key and its value as they lie here: to be looked up in another table of the same type.
    using Entry = Slot;

    /// How keys go in and come out: `std::string_view` for texts, else `const K&`.
    using Key = typename Keys::View;

    explicit CombineTable(std::size_t expectedKeys = 0)
        : slots_{makeSlots(expectedKeys)}, limit_{Room::limitOf(slots_.places())}
    {
    }

    /// The value of a new key becomes `V(value)`, that of a known one `combine(itself, value)`.
    ///
    /// When `combine` throws, that key's value is lost; the table may be cleared or destroyed.
    template <class U, class Combine>
    [[gnu::always_inline]] void add(Key key, U&& value, Combine& combine)
    {
        Keys::look(key, [&](const auto& probe) { put(probe, std::forward<U>(value), combine); });
    }

    /// Adds the entries of `other` that belong to one of `partitions` partitions. `other` stays as
    /// it is.
    template <class Combine>
    void merge(
        const CombineTable& other, std::size_t partition, std::size_t partitions, Combine& combine)
    {
        mergeEach(other, partition, partitions,
            [&](const auto& probe, const Slot& slot) { put(probe, slot.value, combine); });
    }

    /// Adds the keys that `merge` would, a new one with the value `make()`, and calls
    /// `visit(value, entry)` with the value here and the entry there of each.
    template <class Make, class Visit>
    void mergeKeys(const CombineTable& other, std::size_t partition, std::size_t partitions,
        Make make, Visit visit)
    {
        mergeEach(other, partition, partitions,
            [&](const auto& probe, const Slot& slot) { visit(valueFor(probe, make), slot); });
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The keys to come, into an empty table, are those of one of `partitions` partitions.
    void expectOneOf(std::size_t partitions) noexcept
    {
        // Their hashes are alike in their upper bits: spread them over this whole table.
        spread_ = partitions;
    }

    /// From here on `partitionOf(key)` says to which of `partitions` partitions an entry belongs,
    /// and no longer the hash; called once for each entry. Nothing may be added any more.
    template <class PartitionOf>
    void listBy(std::size_t partitions, PartitionOf partitionOf)
    {
        listing_ = std::make_unique<const Listing>(size_, partitions, walkOf(0, 1),
            [&](const Slot& slot) { return partitionOf(Keys::view(slot.key)); });
    }

    /// Calls `visit(key, value)` for each entry.
    template <class Visit>
    void forEach(Visit&& visit) const
    {
        forEachIn(0, 1, visit);
    }

    /// Calls `visit(key, value)` for each entry that belongs to one of `partitions` partitions.
    template <class Visit>
    void forEachIn(std::size_t partition, std::size_t partitions, Visit&& visit) const
    {
        forEachSlot(partition, partitions,
            [&](const Slot& slot) { visit(Keys::view(slot.key), std::as_const(slot.value)); });
    }

    /// Calls `visit(entry)` for each entry that belongs to one of `partitions` partitions.
    template <class Visit>
    void forEachEntry(std::size_t partition, std::size_t partitions, Visit&& visit) const
    {
        forEachSlot(partition, partitions, visit);
    }

    [[nodiscard]] static Key keyOf(const Entry& entry) { return Keys::view(entry.key); }

    /// The value of the key of `entry`, which is this table's or another's; null where there is
    /// none. The key is not hashed again.
    [[nodiscard]] const V* find(const Entry& entry) const
    {
        const V* found = nullptr;
        Keys::lookAgain(entry, [&](const auto& probe) { found = valueAt(probe); });
        return found;
    }

    /// The value of `key`; null where there is none.
    [[nodiscard]] const V* find(Key key) const
    {
        return Keys::look(key, [this](const auto& probe) { return this->valueAt(probe); });
    }

    /// Makes room for this many keys.
    void reserve(std::size_t keyCount)
    {
        if (keyCount > limit_) { resize(Room::log2PlacesFor(keyCount), slots_.slack()); }
    }

    /// Forgets all entries but keeps the memory for reuse, unless it is far more than they needed.
    void clear()
    {
        listing_.reset();
        if (slots_.log2Places() > Room::log2PlacesFor(size_) + 3) {
            own(makeSlots(size_));
        } else {
            slots_.clear();
        }
        keys_.clear(slots_.places());
        size_ = 0;
        spread_ = 1;
    }

private:
    template <class, class, class, bool>
    friend class CombineWriter;
    template <class, class, bool>
    friend class GroupWriter;

    using Walk = detail::TableWalk<Slot>;
    using Listing = detail::TableListing<Slot>;
    using Room = detail::TableRoom<detail::isText<K>>;

    static Slots makeSlots(std::size_t keyCount)
    {
        const unsigned log2Places = Room::log2PlacesFor(keyCount);
        return Slots{log2Places, Room::slackOf(log2Places)};
    }

    std::size_t likelySizeOf(std::size_t partition, std::size_t partitions) const
    {
        if (listing_ && partitions > 1) { return listing_->entries(partition).size(); }
        return std::min(size_, Room::likelyShare(size_, partitions));
    }

    template <class Probe>
    static constexpr bool isUnhashed = requires(const Probe& probe) { probe.probe(); };

    /// How a value goes to a function that is not inlined: a reference would force it into memory.
    template <class U>
    using Passed =
        std::conditional_t<std::is_scalar_v<std::remove_cvref_t<U>>, std::remove_cvref_t<U>, U&&>;

    template <class Use>
    void mergeEach(
        const CombineTable& other, std::size_t partition, std::size_t partitions, Use use)
    {
        if (size_ == 0) { spread_ = other.listing_ ? 1 : partitions; }
        // Entries come in the order of places; a table that is short of room would clog in front.
        reserve(size_ + other.likelySizeOf(partition, partitions));
        other.forEachSlot(partition, partitions, [&](const Slot& slot) {
            Keys::lookAgain(slot, [&](const auto& probe) { use(probe, slot); });
        });
    }

    /// Inlined by force: Clang leaves it a call, through which a word count takes twice the time.
    template <bool isSpread = true, class Probe, class U, class Combine>
    [[gnu::always_inline]] void put(Probe probe, U&& value, Combine& combine)
    {
        if constexpr (isUnhashed<Probe>) {
            return putUnhashed<isSpread, Passed<U>>(probe, std::forward<U>(value), combine);
        } else {
            for (Slot* slot = placeOf<isSpread>(slots_, probe.hash());; ++slot) {
                if (probe.isIn(*slot)) {
                    slot->value =
                        static_cast<V>(combine(std::move(slot->value), std::forward<U>(value)));
                    return;
                }
                if (slot->hash == 0) {
                    return insert<Probe, Passed<U>>(slot, probe, std::forward<U>(value));
                }
            }
        }
    }

    template <bool isSpread, class U, class Text, class Combine>
    [[gnu::noinline]] void putUnhashed(Text text, U value, Combine& combine)
    {
        put<isSpread>(text.probe(), std::forward<U>(value), combine);
    }

    /// The value of a key; that of a new one is `make()`.
    template <bool isSpread = true, class Probe, class Make>
    [[gnu::always_inline]] V& valueFor(Probe probe, Make make)
    {
        if constexpr (isUnhashed<Probe>) {
            return valueForUnhashed<isSpread>(probe, make);
        } else {
            for (Slot* slot = placeOf<isSpread>(slots_, probe.hash());; ++slot) {
                if (probe.isIn(*slot)) { return slot->value; }
                if (slot->hash == 0) {
                    if (mustGrow(slot, probe.hash())) { slot = makeRoom(probe.hash()); }
                    fill(*slot, probe, make());
                    return slot->value;
                }
            }
        }
    }

    template <bool isSpread, class Text, class Make>
    [[gnu::noinline]] V& valueForUnhashed(Text text, Make make)
    {
        return valueFor<isSpread>(text.probe(), make);
    }

    template <class Probe, class U>
    [[gnu::noinline]] void insert(Slot* slot, Probe probe, U value)
    {
        if (mustGrow(slot, probe.hash())) { slot = makeRoom(probe.hash()); }
        fill(*slot, probe, std::forward<U>(value));
    }

    template <class U>
    void fill(Slot& slot, const auto& probe, U&& value)
    {
        Slots::fill(
            slot, probe.store(keys_), detail::storedHash(probe.hash()), std::forward<U>(value));
        ++size_;
    }

    /// Grows until there is an empty slot that the hash may have, and answers with it.
    [[gnu::noinline]] Slot* makeRoom(std::uint64_t hash)
    {
        Slot* slot = nullptr;
        do {
            grow();
            slot = freeSlot(slots_, hash);
        } while (mustGrow(slot, hash));
        return slot;
    }

    /// Whether keys are better looked up ahead of time: the table does not fit the inner caches.
    bool isLarge() const
    {
        constexpr auto log2Inner = std::bit_width(std::size_t{512} * 1024 / sizeof(Slot));
        return slots_.hasPlaces(static_cast<unsigned>(log2Inner));
    }

    /// Inlined by force: GCC 12 takes a call that does nothing else for one without effect and
    /// drops it.
    template <bool isSpread>
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const
    {
#if defined(__GNUC__)
        __builtin_prefetch(placeOf<isSpread>(slots_, hash), 1);
#endif
    }

    /// Few keys may well share a place; it takes many to say that the table is too small for them.
    bool sparse() const { return size_ < slots_.places() / 8; }

    /// Where a key with this hash lies, or as soon behind as there is room.
    template <bool isSpread = true>
    [[gnu::always_inline]] Slot* placeOf(const Slots& slots, std::uint64_t hash) const
    {
        // Not more of the hash than a slot stores: whoever comes from there must end here, too.
        constexpr std::uint64_t stored = detail::wholeHash(~std::uint32_t{0});
        return slots.place(isSpread ? (hash & stored) * spread_ : hash);
    }

    bool mustGrow(const Slot* slot, std::uint64_t hash) const
    {
        return size_ >= limit_ || slots_.isLast(slot) ||
               (slot - placeOf(slots_, hash) > Room::longestRun && !sparse());
    }

    void own(Slots slots)
    {
        slots_ = std::move(slots);
        limit_ = Room::limitOf(slots_.places());
    }

    void grow()
    {
        if (sparse()) {
            resize(slots_.log2Places(), 2 * slots_.slack());
        } else {
            resize(slots_.log2Places() + 1, slots_.slack());
        }
    }

    Slot* freeSlot(const Slots& slots, std::uint64_t hash) const
    {
        Slot* slot = placeOf(slots, hash);
        while (slot->hash != 0) {
            ++slot;
        }
        return slot;
    }

    /// With no fewer places and no less slack than before, entries cannot run over the end.
    void resize(unsigned log2Places, std::size_t slack)
    {
        Room::check(log2Places);
        Slots larger{log2Places, std::max(slack, Room::slackOf(log2Places))};
        for (Slot& slot : slots_) {
            if (slot.hash == 0) { continue; }
            Slots::fill(*freeSlot(larger, detail::wholeHash(slot.hash)), std::move(slot.key),
                slot.hash, std::move(slot.value));
        }
        own(std::move(larger));
    }

    template <class Probe>
    const V* valueAt(const Probe& probe) const
    {
        if constexpr (isUnhashed<Probe>) {
            return valueAt(probe.probe());
        } else {
            const Slot* slot = placeOf(slots_, probe.hash());
            while (slot->hash != 0 && !probe.isIn(*slot)) {
                ++slot;
            }
            return slot->hash != 0 ? &slot->value : nullptr;
        }
    }

    Walk walkOf(std::size_t partition, std::size_t partitions) const
    {
        if (listing_ && partitions > 1) { return Walk{listing_->entries(partition)}; }
        const HashPartitioner partitioner{partitions};
        const std::uint64_t first = partitioner.firstHash(partition);
        const std::uint64_t last = partitioner.lastHash(partition);
        Slot* const from = spread_ == 1 ? slots_.place(first) : slots_.begin();
        Slot* const until = spread_ == 1 ? slots_.place(last) : slots_.end();
        return Walk{from, until, slots_.end(), detail::storedHash(first), detail::storedHash(last)};
    }

    template <class Use>
    void forEachSlot(std::size_t partition, std::size_t partitions, Use use) const
    {
        Walk walk = walkOf(partition, partitions);
        while (const Slot* slot = walk.next()) {
            use(*slot);
        }
    }

    Slots slots_;
    std::size_t limit_; // more keys than this need more places
    Keys keys_;
    std::size_t size_ = 0;
    std::uint64_t spread_ = 1; // of how many partitions this has the keys of one
    std::unique_ptr<const Listing> listing_;
};

} // namespace sluice
