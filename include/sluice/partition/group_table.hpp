#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/collector.hpp> // NoArena, repoint
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/partition/combine_table.hpp>
#include <sluice/partition/combine_writer.hpp>
#include <sluice/partition/detail/slab.hpp>
#include <sluice/partition/hash.hpp>
#include <sluice/storage/pool.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
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

/// Where the values of a key lie among those of its table. While a table is filled, `begin` is the
/// number of the key's first record.
struct Group {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
};

/// A value, and the number of the first record of its key. Boxed so, values of type `bool` do not
/// become bits.
template <class V>
struct NumberedValue {
    V value;
    std::uint32_t first;
};

/// Keeps values as they come, and notes for each the first record of the same key.
template <class V>
class ValuesAsTheyCome {
public:
    using Kept = std::vector<NumberedValue<V>>;

    explicit ValuesAsTheyCome(Kept kept) : kept_{std::move(kept)} {}

    /// Keeps one value more; its key is to be combined with what is returned.
    template <class U>
    Group add(U&& value)
    {
        if (kept_.size() == std::numeric_limits<std::uint32_t>::max()) {
            throw Error{ErrorCode::illegalState,
                "sluice: a task cannot group more than 4294967295 records"};
        }
        const auto number = static_cast<std::uint32_t>(kept_.size());
        kept_.push_back({std::forward<U>(value), number});
        return {number, 1};
    }

    Group operator()(Group known, const Group& one)
    {
        kept_[one.begin].first = known.begin;
        return {known.begin, known.count + one.count};
    }

    [[nodiscard]] V& last() noexcept { return kept_.back().value; }
    Kept finish() { return std::move(kept_); }

private:
    Kept kept_;
};

/// Texts of either type are one kind of key.
template <class K>
using IndexKey = std::conditional_t<isText<K>, std::string_view, K>;

/// Where the values of each key lie: the same type whatever the values are, so that the keys of
/// one stream can be looked up among those of another.
template <class K>
using GroupIndex = CombineTable<IndexKey<K>, Group>;

} // namespace detail

/// The values of each key side by side: both sides of the shuffle of `groupByKey`, `cogroup` and
/// the joins.
///
/// Filled by a `GroupWriter` and then settled, or merged from settled tables. Owns its keys, and
/// the bytes under the views of its values; moving it keeps views into it valid.
template <class K, class V>
    requires HashableKey<K> && std::copyable<V>
class GroupTable {
    using Group = detail::Group;

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

    /// Brings the values of each key together, keys in the order in which they are visited.
    void settle()
    {
        if (index_.size() == 0) { return; }
        next_.resize(values_.size());
        std::uint32_t end = 0;
        index_.forEachValue([&](Group& group) {
            next_[group.begin] = end;
            group.begin = end;
            end += group.count;
        });
        grouped_.renew(values_.size(), values_.front().value);
        for (std::size_t i = 0; i < values_.size(); ++i) {
            grouped_[next_[values_[i].first]++] = std::move(values_[i].value);
        }
    }

    /// Becomes, being empty, what belongs to one of `partitions` partitions of all `tables`: of
    /// equal keys, the values of earlier tables first. Views in the values stay those of `tables`.
    void merge(std::span<const std::shared_ptr<const GroupTable>> tables, std::size_t partition,
        std::size_t partitions)
    {
        auto count = [](Group known, const Group& more) {
            return Group{0, known.count + more.count};
        };
        for (const auto& table : tables) {
            index_.merge(table->index_, partition, partitions, count);
        }
        std::uint32_t end = 0;
        index_.forEachValue([&](Group& group) {
            group.begin = end;
            end += group.count;
        });
        for (const auto& table : tables) {
            table->forEachEntry(partition, partitions, [&](const Entry& entry) {
                const Values<V> part = table->valuesOf(entry);
                if (grouped_.empty()) { grouped_.renew(end, part.front()); }
                Group* group = index_.find(entry);
                if (group == nullptr) {
                    throw Error{ErrorCode::badInput,
                        "sluice: grouping by key met a key that does not equal itself"};
                }
                std::uint32_t& next = group->begin;
                for (const V& value : part) {
                    grouped_[next++] = value;
                }
            });
        }
        index_.forEachValue([](Group& group) { group.begin -= group.count; });
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
        const Group* group = index_.find(entry);
        return group == nullptr ? Values<V>{} : valuesOf(*group);
    }

    /// The values of `key`, given as a table's keys come in; none where it is not here.
    [[nodiscard]] Values<V> find(typename Index::Key key) const
    {
        const Group* group = index_.find(key);
        return group == nullptr ? Values<V>{} : valuesOf(*group);
    }

    /// The values of an entry of this very table.
    [[nodiscard]] Values<V> valuesOf(const Entry& entry) const { return valuesOf(entry.value); }

    /// Gives back, being settled, the memory that only settling took.
    void trim()
    {
        values_ = {};
        next_ = {};
    }

    /// Forgets everything but keeps the memory for reuse, unless it is far more than was needed.
    void clear() noexcept
    {
        index_.clear();
        grouped_.clear();
        detail::clearForReuse(values_);
        detail::clearForReuse(next_);
        if constexpr (!Owning<V>) { arena_.clear(); }
    }

private:
    template <class, class, bool>
    friend class GroupWriter;

    Values<V> valuesOf(const Group& group) const { return grouped_.part(group.begin, group.count); }

    Index index_;
    detail::Slab<V> grouped_;
    std::vector<detail::NumberedValue<V>> values_; // as they came, moved from once settled
    std::vector<std::uint32_t> next_;
    [[no_unique_address]] std::conditional_t<Owning<V>, detail::NoArena, Arena> arena_;
};

/// Fills a group table from a loop over records: one hash and one probe for each. With
/// `ofOnePartition`, all keys are of one of the partitions that the table was told to expect.
template <class K, class V, bool ofOnePartition = false>
class GroupWriter {
    using Kept = detail::ValuesAsTheyCome<V>;

public:
    using Table = GroupTable<K, V>;
    using Key = typename Table::Index::Key;

    /// Adds to what is in `table`, which must not be settled.
    explicit GroupWriter(Table table)
        : table_{std::move(table)},
          writer_{Kept{std::move(table_.values_)}, std::move(table_.index_)}
    {
    }

    template <class U>
    [[gnu::always_inline]] void add(Key key, U&& value)
    {
        const detail::Group one = writer_.combine().add(std::forward<U>(value));
        if constexpr (!Owning<V>) { detail::repoint(writer_.combine().last(), table_.arena_); }
        writer_.add(key, one);
    }

    /// The table with everything in it, to be added to or to be settled.
    Table finish()
    {
        table_.index_ = writer_.finish();
        table_.values_ = writer_.combine().finish();
        return std::move(table_);
    }

private:
    Table table_;
    CombineWriter<detail::IndexKey<K>, detail::Group, Kept, ofOnePartition> writer_;
};

} // namespace sluice
