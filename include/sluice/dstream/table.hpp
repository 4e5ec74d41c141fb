#pragma once

#include <sluice/algebra/collector.hpp> // keepable
#include <sluice/algebra/concepts.hpp>  // KeyValue
#include <sluice/algebra/owning.hpp>
#include <sluice/dstream/detail/snapshots.hpp>
#include <sluice/partition/group_table.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// A row of a table from `K` to `W`.
template <class Row, class K, class W>
inline constexpr bool isRow = false;
template <KeyValue Row, class K, class W>
inline constexpr bool isRow<Row, K, W> =
    std::constructible_from<W, ShownValue<Row>> &&
    (isText<K> ? std::convertible_to<ShownKey<Row>, std::string_view>
               : std::same_as<KeyOf<Row>, K>);

/// The types of a table of such rows; where they are none, something of which the constructor says
/// what is wrong.
template <class Row>
struct RowTypes {
    using Key = int;
    using Value = int;
};
template <KeyValue Row>
struct RowTypes<Row> {
    using Key = KeyOf<Row>;
    using Value = MappedOf<Row>;
};

} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// Rows under keys that streams are joined with: static, or replaced as a whole now and then.
///
/// A handle: copies share one table. `joinTable` looks records up in it. A batch sees one and the
/// same contents from its beginning to its end, in all its tasks and their retries and wherever the
/// table is used in it. Safe to use from several threads.
///
/// - **Types**: `W` rows under keys `K`, made of any range of keyed records: a map, a vector of
///   pairs. A key may have several rows; they keep their order.
/// - **Keys**: need `operator==` and a hash; of `std::string_view` and of rows with views the table
///   owns the bytes.
/// - **State**: one snapshot, and those that batches under way see.
/// - **Cost**: one pass over the rows for each new contents, beside the batches; no more than one
///   lock a batch.
template <class K, class W>
class Table {
    static_assert(HashableKey<K>, "sluice: Table<K, W>: the key needs operator== and a hash, "
                                  "std::hash<K>");
    static_assert(
        (Owning<K> || std::same_as<K, std::string_view>)&&std::copyable<W> && detail::keepable<W>,
        "sluice: Table<K, W>: keys and rows must be copyable and own their memory or be texts; or "
        "specialise sluice::Owning<T>");

public:
    using Key = K;
    using Value = W;
    /// The contents at one time.
    using Rows = GroupTable<detail::IndexKey<K>, W>;

    Table() : Table{std::initializer_list<std::pair<K, W>>{}} {}

    template <std::ranges::input_range R>
    explicit Table(R&& rows) : snapshots_{std::make_shared<detail::Snapshots>(made(rows))}
    {
    }
    Table(std::initializer_list<std::pair<K, W>> rows)
        : snapshots_{std::make_shared<detail::Snapshots>(made(rows))}
    {
    }

    /// Replaces the contents: batches that begin from now on see `rows`. At any time, from any
    /// thread; what it throws leaves the table as it was.
    template <std::ranges::input_range R>
    void set(R&& rows)
    {
        snapshots_->set(made(rows));
    }
    void set(std::initializer_list<std::pair<K, W>> rows) { snapshots_->set(made(rows)); }

    /// Sets the contents to what `load()` returns, a range of rows: now, and while `runtime`'s
    /// context runs again each time `interval` after the last call returned.
    ///
    /// - **Takes**: the context, before its start; a function called as `Range()`, here for the
    ///   first time and then on a thread of `compute`, which it may block: batches go on with what
    ///   they see, on the others; and what events and metrics call it.
    /// - **Time**: of the context's clock. A stop waits until a call under way returns.
    /// - **Errors**: what the first call throws comes out here. What a later one throws is reported
    ///   to the listeners (`onReceiverError`) and the table stays as it was. InvalidArgument for an
    ///   interval below 1 ms; IllegalState once the context was started.
    template <std::copy_constructible F>
    void refreshEvery(
        engine::Runtime& runtime, Duration interval, F load, std::string name = "table")
    {
        constexpr bool loads = requires {
            {
                load()
            } -> std::ranges::input_range;
        };
        static_assert(loads, "sluice: refreshEvery(context, interval, load): load must be callable "
                             "as Range()");
        if constexpr (loads) {
            auto rows = load();
            auto first = made(rows);
            detail::refreshEvery(
                runtime, interval, [table = *this, load]() mutable { table.set(load()); },
                std::move(name));
            snapshots_->set(std::move(first));
        }
    }

    /// How many keys there are at the moment.
    [[nodiscard]] std::size_t size() const
    {
        return static_cast<const Rows*>(snapshots_->latest().get())->size();
    }

    [[nodiscard]] const std::shared_ptr<detail::Snapshots>& snapshots() const noexcept
    {
        return snapshots_;
    }

private:
    template <class R>
    static std::shared_ptr<const Rows> made(R& rows)
    {
        using Row = std::ranges::range_value_t<R>;
        constexpr bool areRows = detail::isRow<Row, K, W>;
        static_assert(areRows, "sluice: Table<K, W>: the rows must be key and value, anything with "
                               "the tuple protocol of size two, such as std::pair<K, W>");
        GroupWriter<detail::IndexKey<K>, W> writer{Rows{}};
        if constexpr (areRows) {
            for (auto&& row : rows) {
                writer.add(detail::keyOf(std::as_const(row)),
                    W(detail::valueOf(std::forward<decltype(row)>(row))));
            }
        }
        Rows made = writer.finish();
        made.settle();
        made.trim();
        return std::make_shared<const Rows>(std::move(made));
    }

    std::shared_ptr<detail::Snapshots> snapshots_;
};

template <std::ranges::input_range R>
Table(R&&) -> Table<typename detail::RowTypes<std::ranges::range_value_t<R>>::Key,
    typename detail::RowTypes<std::ranges::range_value_t<R>>::Value>;
template <class K, class W>
Table(std::initializer_list<std::pair<K, W>>) -> Table<K, W>;

} // namespace sluice::inline SLUICE_ABI
