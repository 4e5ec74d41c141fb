#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/collector.hpp> // NoArena, repoint
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/partition/combine_table.hpp>
#include <sluice/partition/detail/lookahead.hpp>
#include <sluice/partition/detail/numbered_values.hpp>
#include <sluice/partition/detail/slab.hpp>
#include <sluice/partition/hash.hpp>
#include <sluice/storage/pool.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

/// The values of one key in one batch: contiguous, immutable, in memory of the partition that the
/// record belongs to.
template <class V>
using Values = std::span<const V>;

namespace detail {

/// Texts of either type are one kind of key.
template <class K>
using IndexKey = std::conditional_t<isText<K>, std::string_view, K>;

/// The number of each key, in the order in which they came: the same type whatever the values are,
/// so that the keys of one stream can be looked up among those of another.
template <class K>
using GroupIndex = CombineTable<IndexKey<K>, std::uint32_t>;

} // namespace detail

/// The values of each key side by side: both sides of the shuffle of `groupByKey`, `cogroup` and
/// the joins.
///
/// Filled by a `GroupWriter` and then settled, or merged from settled tables. Owns its keys, and
/// the bytes under the views of its values; moving it keeps views into it valid.
template <class K, class V>
    requires HashableKey<K> && std::copyable<V>
class GroupTable {
public:
    using Index = detail::GroupIndex<K>;
    using Entry = typename Index::Entry;
    using Value = V;

    /// How many keys there are.
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

    /// As `CombineTable` does.
    void expectOneOf(std::size_t partitions) noexcept { index_.expectOneOf(partitions); }
    template <class PartitionOf>
    void listBy(std::size_t partitions, PartitionOf partitionOf)
    {
        index_.listBy(partitions, std::move(partitionOf));
    }

    /// Brings the values of each key together.
    void settle()
    {
        if (index_.size() == 0) { return; }
        // Loops of their own: they have the caches for themselves, and that of the writer is full.
        ends_.assign(index_.size() + 1, 0);
        for (std::uint32_t i = 0; i < kept_.size(); ++i) {
            ++end(kept_.number(i));
        }
        beginAll();
        grouped_.renew(kept_.size(), kept_.value(0));
        for (std::uint32_t i = 0; i < kept_.size(); ++i) {
            grouped_[end(kept_.number(i))++] = std::move(kept_.value(i));
        }
    }

    /// Becomes, being empty, what belongs to one of `partitions` partitions of all `tables`: of
    /// equal keys, the values of earlier tables first. Views in the values stay those of `tables`.
    void merge(std::span<const std::shared_ptr<const GroupTable>> tables, std::size_t partition,
        std::size_t partitions)
    {
        std::size_t count = 0;
        ends_.assign(1, 0);
        for (const auto& table : tables) {
            index_.mergeKeys(table->index_, partition, partitions, newKey(),
                [&](std::uint32_t number, const Entry& entry) {
                    const std::size_t more = table->valuesOf(entry).size();
                    count += more;
                    numbers_.push_back(number);
                    if (ends_.size() == index_.size()) { ends_.push_back(0); }
                    end(number) += static_cast<std::uint32_t>(more);
                });
        }
        if (count == 0) { return; }
        detail::checkGroupable(count);
        beginAll();
        auto number = numbers_.begin();
        for (const auto& table : tables) {
            table->forEachEntry(partition, partitions, [&](const Entry& entry) {
                const Values<V> part = table->valuesOf(entry);
                if (grouped_.empty()) { grouped_.renew(count, part.front()); }
                std::uint32_t& next = end(*number++);
                for (const V& value : part) {
                    grouped_[next++] = value;
                }
            });
        }
    }

    /// Calls `visit(entry)` for each key that belongs to one of `partitions` partitions.
    template <class Visit>
    void forEachEntry(std::size_t partition, std::size_t partitions, Visit&& visit) const
    {
        index_.forEachEntry(partition, partitions, visit);
    }

    [[nodiscard]] static auto keyOf(const Entry& entry) { return Index::keyOf(entry); }

    /// The values of the key of `entry`, which is of this table or of one with other values; none
    /// where the key is not here.
    [[nodiscard]] Values<V> find(const Entry& entry) const
    {
        const std::uint32_t* number = index_.find(entry);
        return number == nullptr ? Values<V>{} : valuesOf(*number);
    }

    /// The values of `key`, given as a table's keys come in; none where it is not here.
    [[nodiscard]] Values<V> find(typename Index::Key key) const
    {
        const std::uint32_t* number = index_.find(key);
        return number == nullptr ? Values<V>{} : valuesOf(*number);
    }

    /// The values of an entry of this very table.
    [[nodiscard]] Values<V> valuesOf(const Entry& entry) const { return valuesOf(entry.value); }

    /// Gives back, being settled, the memory that only settling took.
    void trim()
    {
        kept_ = detail::NumberedValues<V>{};
        numbers_ = {};
    }

    /// Forgets everything but keeps the memory for reuse, unless it is far more than was needed.
    void clear() noexcept
    {
        index_.clear();
        grouped_.clear();
        kept_.clear();
        detail::clearForReuse(numbers_);
        detail::clearForReuse(ends_);
        if constexpr (!Owning<V>) { arena_.clear(); }
    }

private:
    template <class, class, bool>
    friend class GroupWriter;

    Values<V> valuesOf(std::uint32_t number) const
    {
        return grouped_.part(ends_[number], ends_[number + 1] - ends_[number]);
    }

    /// The number of a key that was not here before.
    auto newKey() const
    {
        return [this] { return static_cast<std::uint32_t>(index_.size()); };
    }

    std::uint32_t& end(std::uint32_t number) { return ends_[number + 1]; }

    /// From how many values each key has, to where they begin: ends, before they are there.
    void beginAll()
    {
        std::uint32_t begin = 0;
        for (std::uint32_t& end : ends_) {
            begin += std::exchange(end, begin);
        }
    }

    Index index_;
    detail::Slab<V> grouped_;
    std::vector<std::uint32_t> ends_; // in `grouped_`, of each number, behind one for the beginning
    detail::NumberedValues<V> kept_;  // until it is settled
    std::vector<std::uint32_t> numbers_; // of the keys of merged tables, one after the other
    [[no_unique_address]] std::conditional_t<Owning<V>, detail::NoArena, Arena> arena_;
};

/// Fills a group table from a loop over records: one hash and one probe for each. With
/// `ofOnePartition`, all keys are of one of the partitions that the table was told to expect.
template <class K, class V, bool ofOnePartition = false>
class GroupWriter {
public:
    using Table = GroupTable<K, V>;
    using Key = typename Table::Index::Key;

    /// Adds to what is in `table`, which must not be settled.
    explicit GroupWriter(Table table) : table_{std::move(table)} {}

    template <class U>
    [[gnu::always_inline]] void add(Key key, U&& value)
    {
        const std::uint32_t place = table_.kept_.add(std::forward<U>(value));
        if constexpr (!Owning<V>) { detail::repoint(table_.kept_.value(place), table_.arena_); }
        Keys::look(key, [&]<class Probe>(const Probe& probe) {
            if constexpr (Keys::canWait && std::same_as<Probe, typename Keys::ShortProbe>) {
                if (table_.index_.isLarge()) {
                    table_.index_.template prefetch<ofOnePartition>(probe.hash());
                    return waiting_.push(probe, place, putter());
                }
            }
            put(probe, place);
        });
    }

    /// The table with everything in it, to be added to or to be settled.
    Table finish()
    {
        waiting_.finish(putter());
        return std::move(table_);
    }

private:
    using Keys = typename Table::Index::Keys;

    using Waiting = std::conditional_t<Keys::canWait,
        detail::Lookahead<typename Keys::ShortProbe, std::uint32_t>, detail::NoLookahead>;

    template <class Probe>
    [[gnu::always_inline]] void put(Probe probe, std::uint32_t place)
    {
        const std::uint32_t key =
            table_.index_.template valueFor<ofOnePartition>(probe, table_.newKey());
        table_.kept_.number(place) = key;
    }

    auto putter()
    {
        return [this](const auto& probe, std::uint32_t place) { this->put(probe, place); };
    }

    Table table_;
    [[no_unique_address]] Waiting waiting_{};
};

} // namespace sluice
