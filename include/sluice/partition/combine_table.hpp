#pragma once

#include <sluice/partition/detail/table_keys.hpp>
#include <sluice/partition/detail/table_slots.hpp>
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

    explicit CombineTable(std::size_t expectedKeys = 0) : slots_{makeSlots(expectedKeys)} {}

    /// The value of a new key becomes `V(value)`, that of a known one `combine(itself, value)`.
    ///
    /// When `combine` throws, that key's value is lost; the table may be cleared or destroyed.
    template <class U, class Combine>
    [[gnu::always_inline]] void add(Key key, U&& value, Combine& combine)
    {
        if constexpr (!detail::isText<K>) {
            put(typename Keys::Probe{key, hashOf(key)}, std::forward<U>(value), combine);
        } else if (key.size() <= detail::ShortText::longest) {
            put(typename Keys::ShortProbe{detail::packShort(key)}, std::forward<U>(value), combine);
        } else {
            addLong<Passed<U>>(key, std::forward<U>(value), combine);
        }
    }

    /// Adds the entries of `other` that belong to one of `partitions` partitions. `other` stays as
    /// it is.
    template <class Combine>
    void merge(
        const CombineTable& other, std::size_t partition, std::size_t partitions, Combine& combine)
    {
        if (size_ == 0) { spread_ = other.listing_ ? 1 : partitions; }
        // Entries come in the order of places; a table that is short of room would clog in front.
        reserve(size_ + other.likelySizeOf(partition, partitions));
        other.forEachSlot(partition, partitions, [&](const Slot& slot) {
            Keys::lookAgain(slot, [&](const auto& probe) { put(probe, slot.value, combine); });
        });
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
        std::vector<std::uint32_t> answers;
        answers.reserve(size_);
        Listing listing{std::vector<const Slot*>(size_), std::vector<std::size_t>(partitions + 1)};
        forEachSlot(0, 1, [&](const Slot& slot) {
            const std::size_t partition = partitionOf(Keys::view(slot.key));
            answers.push_back(static_cast<std::uint32_t>(partition));
            ++listing.begins[partition];
        });
        std::size_t sum = 0;
        for (std::size_t& begin : listing.begins) {
            sum += std::exchange(begin, sum);
        }
        auto next = listing.begins;
        auto answer = answers.begin();
        forEachSlot(0, 1, [&](const Slot& slot) { listing.slots[next[*answer++]++] = &slot; });
        listing_ = std::make_unique<const Listing>(std::move(listing));
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

    /// Calls `change(value)` for each entry, in the order in which they are visited.
    template <class Change>
    void forEachValue(Change&& change)
    {
        for (Slot& slot : slots_) {
            if (slot.hash != 0) { change(slot.value); }
        }
    }

    [[nodiscard]] static Key keyOf(const Entry& entry) { return Keys::view(entry.key); }

    /// The value of the key of `entry`, which is this table's or another's; null where there is
    /// none. The key is not hashed again.
    [[nodiscard]] const V* find(const Entry& entry) const { return valueOf(entry); }
    [[nodiscard]] V* find(const Entry& entry) { return valueOf(entry); }

    /// The value of `key`; null where there is none.
    [[nodiscard]] const V* find(Key key) const
    {
        if constexpr (!detail::isText<K>) {
            return valueAt(typename Keys::Probe{key, hashOf(key)});
        } else if (key.size() <= detail::ShortText::longest) {
            return valueAt(typename Keys::ShortProbe{detail::packShort(key)});
        } else {
            return valueAt(typename Keys::LongProbe{key, detail::hashText(key)});
        }
    }

    /// Makes room for this many keys.
    void reserve(std::size_t keyCount)
    {
        if (keyCount > limit()) { resize(log2PlacesFor(keyCount), slots_.slack()); }
    }

    /// Forgets all entries but keeps the memory for reuse, unless it is far more than they needed.
    void clear()
    {
        listing_.reset();
        if (slots_.log2Places() > log2PlacesFor(size_) + 3) {
            slots_ = makeSlots(size_);
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

    /// The entries of each partition, where not the hash decides: those of `p` from `begins[p]` on.
    struct Listing {
        std::vector<const Slot*> slots;
        std::vector<std::size_t> begins;
    };

    static constexpr std::size_t longestRun = 2048;

    /// Inside the inner caches room costs nothing, and each way past another key a mispredicted
    /// branch. Beyond them a table at 13/16 misses less than one twice as large; the frequent keys
    /// come early and have short ways in any case.
    static constexpr std::size_t limitOf(std::size_t places)
    {
        return places <= 4096 ? places / 4 : places / 16 * 13;
    }

    static unsigned log2PlacesFor(std::size_t keyCount)
    {
        unsigned log2 = std::max(Slots::smallest, static_cast<unsigned>(std::bit_width(keyCount)));
        return limitOf(std::size_t{1} << log2) < keyCount ? log2 + 1 : log2;
    }

    static std::size_t slackOf(unsigned log2Places)
    {
        return 32 + ((std::size_t{1} << log2Places) >> 6);
    }

    static Slots makeSlots(std::size_t keyCount)
    {
        unsigned log2Places = log2PlacesFor(keyCount);
        return Slots{log2Places, slackOf(log2Places)};
    }

    /// What one of `parts` has of `keys`, and four deviations more.
    static std::size_t likelyShare(std::size_t keyCount, std::size_t parts)
    {
        std::size_t mean = keyCount / parts + 1;
        return mean + (std::size_t{4} << (std::bit_width(mean) / 2));
    }

    std::size_t likelySizeOf(std::size_t partition, std::size_t partitions) const
    {
        if (listing_ && partitions > 1) {
            return listing_->begins[partition + 1] - listing_->begins[partition];
        }
        return std::min(size_, likelyShare(size_, partitions));
    }

    std::size_t limit() const { return limitOf(slots_.places()); }

    /// How a value goes to a function that is not inlined: a reference would force it into memory.
    template <class U>
    using Passed =
        std::conditional_t<std::is_scalar_v<std::remove_cvref_t<U>>, std::remove_cvref_t<U>, U&&>;

    template <class U, class Combine>
    [[gnu::noinline]] void addLong(std::string_view key, U value, Combine& combine)
    {
        put(typename Keys::LongProbe{key, detail::hashText(key)}, std::forward<U>(value), combine);
    }

    /// Inlined by force: Clang leaves it a call, through which a word count takes twice the time.
    template <bool isSpread = true, class Probe, class U, class Combine>
    [[gnu::always_inline]] void put(Probe probe, U&& value, Combine& combine)
    {
        Slot* slot = slots_.place(isSpread ? probe.hash() * spread_ : probe.hash());
        for (;; ++slot) {
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

    template <class Probe, class U>
    [[gnu::noinline]] void insert(Slot* slot, Probe probe, U value)
    {
        while (mustGrow(slot, probe.hash())) {
            grow();
            slot = freeSlot(slots_, probe.hash());
        }
        Slots::fill(*slot, probe.store(keys_), probe.hash(), std::forward<U>(value));
        ++size_;
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
        __builtin_prefetch(slots_.place(isSpread ? hash * spread_ : hash), 1);
#endif
    }

    /// Few keys may well share a place; it takes many to say that the table is too small for them.
    bool sparse() const { return size_ < slots_.places() / 8; }

    bool mustGrow(const Slot* slot, std::uint64_t hash) const
    {
        return size_ >= limit() || slots_.isLast(slot) ||
               (slot - slots_.place(hash * spread_) > std::ptrdiff_t{longestRun} && !sparse());
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
        Slot* slot = slots.place(hash * spread_);
        while (slot->hash != 0) {
            ++slot;
        }
        return slot;
    }

    /// With no fewer places and no less slack than before, entries cannot run over the end.
    void resize(unsigned log2Places, std::size_t slack)
    {
        Slots larger{log2Places, std::max(slack, slackOf(log2Places))};
        for (Slot& slot : slots_) {
            if (slot.hash == 0) { continue; }
            Slots::fill(*freeSlot(larger, slot.hash), std::move(slot.key), slot.hash,
                std::move(slot.value));
        }
        slots_ = std::move(larger);
    }

    V* valueOf(const Entry& entry) const
    {
        V* found = nullptr;
        Keys::lookAgain(entry, [&](const auto& probe) { found = valueAt(probe); });
        return found;
    }

    template <class Probe>
    V* valueAt(const Probe& probe) const
    {
        Slot* slot = slots_.place(probe.hash() * spread_);
        while (slot->hash != 0 && !probe.isIn(*slot)) {
            ++slot;
        }
        return slot->hash != 0 ? &slot->value : nullptr;
    }

    /// The entries of a partition one after the other: one loop for both orders, since what is
    /// done with an entry is inlined.
    class Walk {
    public:
        Walk(const CombineTable& table, std::size_t partition, std::size_t partitions)
            : slot_{table.slots_.begin()}, until_{table.slots_.end()}, end_{until_}
        {
            if (table.listing_ && partitions > 1) {
                listed_ = table.listing_->slots.data();
                listEnd_ = listed_ + table.listing_->begins[partition + 1];
                listed_ += table.listing_->begins[partition];
                slot_ = end_;
                return;
            }
            HashPartitioner partitioner{partitions};
            first_ = partitioner.firstHash(partition);
            last_ = partitioner.lastHash(partition);
            if (table.spread_ != 1) { return; }
            slot_ = table.slots_.place(first_);
            until_ = table.slots_.place(last_);
        }

        /// Null when there are no more.
        [[gnu::always_inline]] const Slot* next()
        {
            for (; slot_ != end_; ++slot_) {
                if (slot_->hash == 0) {
                    if (slot_ >= until_) { break; } // what was pushed out of its place ends here
                } else if (first_ <= slot_->hash && slot_->hash <= last_) {
                    return slot_++;
                }
            }
            return listed_ != listEnd_ ? *listed_++ : nullptr;
        }

    private:
        const Slot* slot_;
        const Slot* until_;
        const Slot* end_;
        std::uint64_t first_ = 0;
        std::uint64_t last_ = 0;
        const Slot* const* listed_ = nullptr;
        const Slot* const* listEnd_ = nullptr;
    };

    template <class Use>
    void forEachSlot(std::size_t partition, std::size_t partitions, Use use) const
    {
        Walk walk{*this, partition, partitions};
        while (const Slot* slot = walk.next()) {
            use(*slot);
        }
    }

    Slots slots_;
    Keys keys_;
    std::size_t size_ = 0;
    std::uint64_t spread_ =
        1; // partitions of the hashes that come in: 1, or this has the keys of one partition
    std::unique_ptr<const Listing> listing_;
};

} // namespace sluice
