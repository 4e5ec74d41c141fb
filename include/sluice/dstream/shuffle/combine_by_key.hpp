#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/combine_stage.hpp>
#include <sluice/dstream/shuffle/detail/combine_stream.hpp>
#include <sluice/dstream/shuffle/detail/merge_stage.hpp>
#include <sluice/partition/combine_writer.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// A value that is to be combined into, or to become, a combiner.
template <class Functions, class V>
struct FreshValue {
    Functions& functions;
    V&& value;
};

/// A combiner as a table holds it: made by the user's function where a key is new.
template <class C>
class Combiner {
public:
    template <class Functions, class V>
    explicit Combiner(FreshValue<Functions, V> fresh)
        : value_{fresh.functions.create(std::forward<V>(fresh.value))}
    {
    }
    explicit Combiner(C value) : value_{std::move(value)} {}

    C&& give() noexcept { return std::move(value_); }
    [[nodiscard]] const C& get() const noexcept { return value_; }

private:
    C value_;
};

template <class C>
const C& resultOf(const Combiner<C>& combiner) noexcept
{
    return combiner.get();
}

/// The user's three functions with the name of the operator that they were given to.
template <class Op, class C, class Create, class MergeValue, class MergeCombiners>
class CombinerFunctions {
public:
    CombinerFunctions(Create create, MergeValue mergeValue, MergeCombiners mergeCombiners)
        : create_{std::move(create)},
          mergeValue_{std::move(mergeValue)},
          mergeCombiners_{std::move(mergeCombiners)}
    {
    }

    template <class V>
    C create(V&& value)
    {
        return static_cast<C>(call<Op>(create_, std::forward<V>(value)));
    }

    template <class Functions, class V>
    Combiner<C> operator()(Combiner<C> known, FreshValue<Functions, V> fresh)
    {
        return Combiner<C>{
            static_cast<C>(call<Op>(mergeValue_, known.give(), std::as_const(fresh.value)))};
    }

    Combiner<C> operator()(Combiner<C> left, const Combiner<C>& right)
    {
        return Combiner<C>{static_cast<C>(call<Op>(mergeCombiners_, left.give(), right.get()))};
    }

private:
    [[no_unique_address]] Create create_;
    [[no_unique_address]] MergeValue mergeValue_;
    [[no_unique_address]] MergeCombiners mergeCombiners_;
};

/// The terminal of the stage before a shuffle by key whose values become combiners as they come.
template <class K, class C, class Functions, bool ofOnePartition = false>
class CombinerTerminal {
    using Writer = CombineWriter<K, Combiner<C>, Functions, ofOnePartition>;

public:
    /// The same for keys that are all of one partition.
    using InPlace = CombinerTerminal<K, C, Functions, true>;
    using Table = typename Writer::Table;

    CombinerTerminal(Table table, Functions functions)
        : writer_{std::move(functions), std::move(table)}
    {
    }

    template <class Pair>
    void operator()(Pair&& record)
    {
        using V = decltype(valueOf(std::forward<Pair>(record)));
        writer_.add(keyOf(record),
            FreshValue<Functions, V>{writer_.combine(), valueOf(std::forward<Pair>(record))});
    }

    Table finish() { return writer_.finish(); }

private:
    Writer writer_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `combineByKey(create, mergeValue, mergeCombiners)`.
template <class Create, class MergeValue, class MergeCombiners, class P = HashPartitioner>
class CombineByKey {
    template <class T>
    using CombinerOf = std::remove_cvref_t<std::invoke_result_t<Create&, const MappedOf<T>&>>;

    template <class T>
    static constexpr bool keyed = KeyValue<T>;
    template <class T>
    static constexpr bool hashable = HashableKey<KeyOf<T>>;
    template <class T>
    static constexpr bool creates = MapperOn<Create, MappedOf<T>>;
    template <class T>
    static constexpr bool mergesValues =
        std::is_invocable_r_v<CombinerOf<T>, MergeValue&, CombinerOf<T>, const MappedOf<T>&>;
    template <class T>
    static constexpr bool mergesCombiners = ReducerOf<MergeCombiners, CombinerOf<T>>;
    template <class T>
    static constexpr bool keepable = std::copyable<CombinerOf<T>> && Owning<CombinerOf<T>> &&
                                     (Owning<KeyOf<T>> || std::same_as<KeyOf<T>, std::string_view>);
    template <class T>
    static constexpr bool places = PartitionerOf<P, KeyOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"combineByKey"};

    CombineByKey(Create create, MergeValue mergeValue, MergeCombiners mergeCombiners,
        std::optional<P> partitioner)
        : create_{std::move(create)},
          mergeValue_{std::move(mergeValue)},
          mergeCombiners_{std::move(mergeCombiners)},
          partitioner_{std::move(partitioner)}
    {
    }

    template <class T>
    using Output = std::pair<KeyOf<T>, CombinerOf<T>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (!keyed<T>) {
            return false;
        } else if constexpr (!creates<T>) {
            return false;
        } else {
            return hashable<T> && mergesValues<T> && mergesCombiners<T> && keepable<T> && places<T>;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!keyed<T>) {
            static_assert(keyed<T>, "sluice: combineByKey(create, mergeValue, mergeCombiners): the "
                                    "records must be key and value, anything with the tuple "
                                    "protocol of size two, such as std::pair<K, V>");
        } else if constexpr (!hashable<T>) {
            static_assert(hashable<T>, "sluice: combineByKey(create, mergeValue, mergeCombiners): "
                                       "the key needs operator== and a hash, std::hash<K>");
        } else if constexpr (!creates<T>) {
            static_assert(creates<T>, "sluice: combineByKey(create, mergeValue, mergeCombiners): "
                                      "create must be callable as C(const V&)");
        } else if constexpr (!mergesValues<T>) {
            static_assert(mergesValues<T>,
                "sluice: combineByKey(create, mergeValue, mergeCombiners): mergeValue must be "
                "callable as C(C, const V&), C being what create makes");
        } else if constexpr (!mergesCombiners<T>) {
            static_assert(mergesCombiners<T>,
                "sluice: combineByKey(create, mergeValue, mergeCombiners): mergeCombiners must be "
                "callable as C(C, const C&), C being what create makes");
        } else if constexpr (!keepable<T>) {
            static_assert(keepable<T>,
                "sluice: combineByKey(create, mergeValue, mergeCombiners): what create makes must "
                "be copyable and, as a key other than std::string_view, own its memory");
        } else {
            static_assert(places<T>,
                "sluice: combineByKey(create, mergeValue, mergeCombiners, partitioner): the "
                "partitioner must have partitions() and operator==, and be callable as "
                "std::size_t(const K&)");
        }
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> DStream<Output<T>>
    {
        using Before = detail::CombineStage<U, Chain, FunctionsFor<T>, TerminalFor<T>>;
        return detail::shuffleStream<CombineByKey, Output<T>, Before>(
            stream, Identity{}, functions<T>(), partitioner_);
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        using T = typename Finite::Record;
        using Terminal = TerminalFor<T>;
        using Table = typename Terminal::Table;
        std::vector<std::shared_ptr<const Table>> tables;
        tables.push_back(
            std::make_shared<const Table>(input.into(Terminal{Table{}, functions<T>()})));
        detail::MergedPartition<Table, Output<T>> merged;
        merged.fill(tables, 0, 1, functions<T>());
        return detail::OwnedRecords<Table, Output<T>>{std::move(merged)};
    }

private:
    template <class T>
    using FunctionsFor =
        detail::CombinerFunctions<CombineByKey, CombinerOf<T>, Create, MergeValue, MergeCombiners>;
    template <class T>
    using TerminalFor = detail::CombinerTerminal<KeyOf<T>, CombinerOf<T>, FunctionsFor<T>>;

    template <class T>
    FunctionsFor<T> functions() const
    {
        return {create_, mergeValue_, mergeCombiners_};
    }

    [[no_unique_address]] Create create_;
    [[no_unique_address]] MergeValue mergeValue_;
    [[no_unique_address]] MergeCombiners mergeCombiners_;
    std::optional<P> partitioner_;
};

/// One record per distinct key: all its values of the batch combined into something of another
/// type.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<pair<K, C>>`.
/// - **Takes**: `create`, called as `C(const V&)` on the first value of a key in a task;
///   `mergeValue`, as `C(C, const V&)` on the following; `mergeCombiners`, as `C(C, const C&)` on
///   what the tasks made, associative and commutative; and optionally the number of partitions of
///   the result (the context's `defaultPartitions`), or a
///   partitioner (`PartitionerOf<K>`).
/// - **Keys**: need `operator==` and a hash; `std::string_view` keys are copied once per distinct
///   key.
/// - **Moves**: one record per distinct key and task, to the partition that the key's hash, or the
///   partitioner, names; none where the keys lie so already (see `partitionBy`).
/// - **Shape**: two stages, as `reduceByKey`; always combines before the shuffle. The order of the
///   result is not specified.
/// - **Empty**: an empty batch gives an empty batch with all its partitions.
/// - **Errors**: what a function throws fails the task; other than 1 to 1,048,576 partitions throw
///   InvalidArgument here.
/// - **Cost**: one hash and one probe per record, no allocation per record but the functions' own.
/// - **Source**: Spark's `PairDStreamFunctions.combineByKey`.
template <std::copy_constructible Create, std::copy_constructible MergeValue,
    std::copy_constructible MergeCombiners>
[[nodiscard]] auto combineByKey(Create create, MergeValue mergeValue, MergeCombiners mergeCombiners)
    -> CombineByKey<Create, MergeValue, MergeCombiners>
{
    return {std::move(create), std::move(mergeValue), std::move(mergeCombiners), std::nullopt};
}

template <std::copy_constructible Create, std::copy_constructible MergeValue,
    std::copy_constructible MergeCombiners>
[[nodiscard]] auto combineByKey(Create create, MergeValue mergeValue, MergeCombiners mergeCombiners,
    std::size_t partitions) -> CombineByKey<Create, MergeValue, MergeCombiners>
{
    return {std::move(create), std::move(mergeValue), std::move(mergeCombiners),
        detail::hashInto(
            partitions, "combineByKey(create, mergeValue, mergeCombiners, partitions)")};
}

template <std::copy_constructible Create, std::copy_constructible MergeValue,
    std::copy_constructible MergeCombiners, detail::MaybePartitioner P>
[[nodiscard]] auto combineByKey(Create create, MergeValue mergeValue, MergeCombiners mergeCombiners,
    P partitioner) -> CombineByKey<Create, MergeValue, MergeCombiners, P>
{
    return {std::move(create), std::move(mergeValue), std::move(mergeCombiners),
        detail::checkedPartitioner(std::move(partitioner),
            "combineByKey(create, mergeValue, mergeCombiners, partitioner)")};
}

} // namespace sluice::inline SLUICE_ABI
