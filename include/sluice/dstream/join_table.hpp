#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp> // KeyValue
#include <sluice/dstream/detail/joined.hpp>
#include <sluice/dstream/detail/snapshots.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/table.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What a join with a table does with one record inside a fused loop.
template <JoinKind kind, class Rows, class Next>
class LookUpStep {
public:
    LookUpStep(const Rows& rows, Next&& next) : rows_{&rows}, next_{std::move(next)} {}

    template <class T>
    void operator()(T&& record)
    {
        const auto found = rows_->find(keyOf(std::as_const(record)));
        if (found.empty()) {
            if constexpr (kind == JoinKind::left) { emit(std::forward<T>(record), std::nullopt); }
            return;
        }
        for (std::size_t i = 0; i + 1 < found.size(); ++i) {
            emit(std::as_const(record), found[i]);
        }
        emit(std::forward<T>(record), found.back());
    }

    /// The partition is at its end; answers with the terminal's result.
    auto finish() { return next_.finish(); }

private:
    template <class T, class Row>
    void emit(T&& record, const Row& row)
    {
        using Record = std::remove_cvref_t<T>;
        using Out = Joined<kind, KeyOf<Record>, MappedOf<Record>, typename Rows::Value>;
        using Pair = typename Out::second_type;
        next_(Out{keyOf(std::forward<T>(record)),
            Pair{valueOf(std::forward<T>(record)), typename Pair::second_type(row)}});
    }

    const Rows* rows_;
    Next next_;
};

/// The narrow half of a join with a table: looks each record up in what `seen` holds. Its stage
/// keeps that alive as long as the records, unless they are `shortLived`.
template <JoinKind kind, class K, class W, bool shortLived>
class LookUp {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{
        kind == JoinKind::left ? "leftOuterJoinTable" : "joinTable"};

    explicit LookUp(SeenSnapshot seen) : seen_{std::move(seen)} {}

    template <class T>
    using Output = Joined<kind, KeyOf<T>, MappedOf<T>, W>;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr Lifetime lifetime(Lifetime before)
    {
        return shortLived && !Owning<W> ? Lifetime::ephemeral : lifetimeInPair<T>(before);
    }

    template <class Next>
    auto operator()(Next next) const
    {
        using Rows = typename Table<K, W>::Rows;
        return LookUpStep<kind, Rows, Next>{
            *static_cast<const Rows*>(seen_->get()), std::move(next)};
    }

private:
    SeenSnapshot seen_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `joinTable(table)` and `leftOuterJoinTable(table)`.
template <detail::JoinKind kind, class K, class W>
class JoinTable {
    template <class T>
    static constexpr bool keyed = KeyValue<T>;
    template <class T>
    static constexpr bool sameKey = std::same_as<detail::IndexKey<KeyOf<T>>, detail::IndexKey<K>>;
    template <class T>
    static constexpr bool copyable =
        std::copy_constructible<KeyOf<T>> && std::copy_constructible<MappedOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name = detail::LookUp<kind, K, W, false>::name;

    explicit JoinTable(Table<K, W> table) : table_{std::move(table)} {}

    template <class T>
    using Output = detail::Joined<kind, KeyOf<T>, MappedOf<T>, W>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (keyed<T>) {
            return sameKey<T> && copyable<T>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!keyed<T>) {
            static_assert(keyed<T>,
                "sluice: joinTable(table): the records must be key and value, anything with the "
                "tuple protocol of size two, such as std::pair<K, V>");
        } else if constexpr (!sameKey<T>) {
            static_assert(sameKey<T>,
                "sluice: joinTable(table): the records must have the table's type of "
                "key");
        } else {
            static_assert(copyable<T>, "sluice: joinTable(table): the records must be copyable, "
                                       "and their type can only be moved");
        }
    }

    /// A stage before the chain's loop notes what the batch sees; the loop itself stays one.
    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        engine::Runtime& runtime = stream.runtime();
        auto seen = std::make_shared<detail::Snapshots::Snapshot>();
        auto longer = detail::compose(stream.chain(), detail::LookUp<kind, K, W, false>{seen});
        return DStream<Output<T>, From<U, decltype(longer)>>{runtime,
            engine::makeStage<detail::TableStage>(runtime.newStage("table"), stream.parent(),
                table_.snapshots(), std::move(seen), !Owning<W>),
            std::move(longer)};
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        auto seen = std::make_shared<detail::Snapshots::Snapshot>(table_.snapshots()->latest());
        return std::move(input).then(detail::LookUp<kind, K, W, true>{std::move(seen)}).collect();
    }

private:
    Table<K, W> table_;
};

/// Each record with each row that `table` has under its key: without a shuffle.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, and a `Table<K, W>` to
///   `DStream<pair<K, pair<V, W>>>`.
/// - **Takes**: the table, whose contents may be replaced at any time (`set`, `refreshEvery`).
/// - **Time**: a batch sees the contents at its first use of the table, and no others until its
///   end.
/// - **Keys**: of one type, `std::string` and `std::string_view` being one. A key that the table
///   lacks gives nothing; a key with n rows gives n records, in the order of the rows.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records. All tasks read the same
///   table.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: none of its own; what the key's hash or `operator==` throws fails the task.
/// - **Cost**: one hash, one probe and a copy of the row per record (of text in
///   `std::string_view` rows only the view); a copy of key and value for each row but the last.
/// - **Source**: Spark's `transform` with a join of a static or broadcast data set.
template <class K, class W>
[[nodiscard]] auto joinTable(Table<K, W> table)
{
    return JoinTable<detail::JoinKind::inner, K, W>{std::move(table)};
}

/// As `joinTable`, but every record comes: with none where the table lacks its key.
///
/// - **Types**: to `DStream<pair<K, pair<V, optional<W>>>>`.
/// - **Source**: Spark's `transform` with a left outer join of a static or broadcast data set.
template <class K, class W>
[[nodiscard]] auto leftOuterJoinTable(Table<K, W> table)
{
    return JoinTable<detail::JoinKind::left, K, W>{std::move(table)};
}

} // namespace sluice::inline SLUICE_ABI
