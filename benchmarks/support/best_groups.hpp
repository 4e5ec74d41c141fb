#pragma once

#include <sluice/partition/hash.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

// The best grouping by hand of integers by integers that we know, with the library's hash: a table
// from keys to numbers of groups, the groups counted, their values brought together by one pass.
// Whoever knows a faster one is welcome to put it here.
namespace best {

using Record = std::pair<std::int64_t, std::int64_t>;

class Groups {
public:
    /// Forgets the last records, keeps the memory, groups these.
    void group(std::span<const Record> records)
    {
        slots_.assign(slots_.size(), Slot{});
        keys_.clear();
        ends_.clear();
        groupOf_.resize(records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            const std::uint32_t group = numberOf(records[i].first);
            ++ends_[group];
            groupOf_[i] = group;
        }
        std::uint32_t sum = 0;
        for (std::uint32_t& end : ends_) {
            sum += std::exchange(end, sum);
        }
        values_.resize(records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            values_[ends_[groupOf_[i]]++] = records[i].second;
        }
    }

    std::size_t size() const { return keys_.size(); }
    std::int64_t key(std::size_t group) const { return keys_[group]; }
    std::span<const std::int64_t> values(std::size_t group) const
    {
        const std::size_t begin = group == 0 ? 0 : ends_[group - 1];
        return {values_.data() + begin, ends_[group] - begin};
    }

    /// The values of a key, perhaps none.
    std::span<const std::int64_t> find(std::int64_t key) const
    {
        for (const Slot* slot = placeOf(key);; slot = next(slot)) {
            if (slot->group == 0) { return {}; }
            if (slot->key == key) { return values(slot->group - 1); }
        }
    }

private:
    struct Slot {
        std::int64_t key = 0;
        std::uint32_t group = 0; // plus one; 0: empty
    };

    Slot* placeOf(std::int64_t key) { return &slots_[sluice::hashOf(key) >> shift_]; }
    const Slot* placeOf(std::int64_t key) const { return &slots_[sluice::hashOf(key) >> shift_]; }

    template <class S>
    S* next(S* slot) const
    {
        return ++slot == slots_.data() + slots_.size() ? slot - slots_.size() : slot;
    }

    std::uint32_t numberOf(std::int64_t key)
    {
        Slot* slot = placeOf(key);
        while (slot->group != 0) {
            if (slot->key == key) { return slot->group - 1; }
            slot = next(slot);
        }
        slot->key = key;
        slot->group = static_cast<std::uint32_t>(keys_.size() + 1);
        keys_.push_back(key);
        ends_.push_back(0);
        if (keys_.size() * 2 > slots_.size()) { grow(); }
        return static_cast<std::uint32_t>(keys_.size() - 1);
    }

    void grow()
    {
        --shift_;
        slots_.assign(slots_.size() * 2, Slot{});
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            Slot* slot = placeOf(keys_[i]);
            while (slot->group != 0) {
                slot = next(slot);
            }
            slot->key = keys_[i];
            slot->group = static_cast<std::uint32_t>(i + 1);
        }
    }

    std::vector<Slot> slots_ = std::vector<Slot>(1024);
    unsigned shift_ = 54;
    std::vector<std::int64_t> keys_;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint32_t> groupOf_;
    std::vector<std::int64_t> values_;
};

} // namespace best
