#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/concepts.hpp> // PredicateOn
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/detail/split_stage.hpp>
#include <sluice/dstream/dstream.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// Whose functions the predicates of `branch` are: a record that one throws for can be skipped.
struct BranchPredicate {
    static constexpr bool narrow = true;
    static constexpr std::string_view name{"branch"};
};

/// The terminal that gives each record to the first predicate that holds, or to the last stream.
template <class T, Lifetime lifetime, class... Predicate>
class BranchTerminal {
    static constexpr bool copies = copiesBytes<T, lifetime>;

public:
    using Functions = std::tuple<Predicate...>;
    using Parts = std::array<Kept<T, copies>, sizeof...(Predicate) + 1>;
    /// Whether what is kept has views into the partition that was read.
    static constexpr bool borrows = !copies && !Owning<T>;

    BranchTerminal(const Functions& predicates, Parts parts)
        : predicates_{predicates}, parts_{std::move(parts)}
    {
    }

    template <class Record>
    void operator()(Record&& record)
    {
        const std::size_t part = takerOf(record, std::index_sequence_for<Predicate...>{});
        parts_[part].add(std::forward<Record>(record));
    }

    Parts finish() { return std::move(parts_); }

private:
    template <std::size_t... i>
    std::size_t takerOf(const T& record, std::index_sequence<i...>)
    {
        std::size_t part = sizeof...(i);
        static_cast<void>(
            ((call<BranchPredicate>(std::get<i>(predicates_), record) ? (part = i, true) : false) ||
                ...));
        return part;
    }

    [[no_unique_address]] Functions predicates_;
    Parts parts_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `branch(predicates...)`.
template <class... Predicate>
class Branch {
    static constexpr std::size_t parts = sizeof...(Predicate) + 1;
    template <class T>
    static constexpr bool judges = (PredicateOn<Predicate, T> && ...);

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"branch"};
    using Refusal = std::array<detail::Refused, parts>;

    explicit Branch(Predicate... predicates) : predicates_{std::move(predicates)...} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = judges<T> && std::copy_constructible<T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!judges<T>) {
            static_assert(judges<T>, "sluice: branch(predicates...): each predicate must be "
                                     "callable as bool(const T&)");
        } else {
            static_assert(accepts<T>, "sluice: branch(predicates...): the records must be "
                                      "copyable, and their type can only be moved");
        }
    }

    template <class T, class U, class Chain>
    auto applyTo(const DStream<T, From<U, Chain>>& stream) const -> std::array<DStream<T>, parts>
    {
        using Terminal =
            detail::BranchTerminal<T, DStream<T, From<U, Chain>>::lifetime, Predicate...>;
        return split<T>(stream.runtime(), detail::makeSplit<Terminal>(stream, name, predicates_),
            std::make_index_sequence<parts>{});
    }

private:
    template <class T, std::size_t... part>
    static std::array<DStream<T>, parts> split(engine::Runtime& runtime,
        const std::shared_ptr<engine::Stage>& stage, std::index_sequence<part...>)
    {
        return {DStream<T>{runtime, detail::makePart(runtime, stage, part, parts)}...};
    }

    std::tuple<Predicate...> predicates_;
};

/// Several streams out of one pass: `auto [errors, warnings, rest] = log | branch(isError,
/// isWarning)`.
///
/// - **Types**: `DStream<T>` to `std::array<DStream<T>, n + 1>` for `n` predicates.
/// - **Takes**: one or more `PredicateOn<T>`, asked in their order until one holds: a record goes
///   to the stream of the first that does, and to the last stream where none does. Each task works
///   on its own copies.
/// - **Shape**: a stage of its own, whose loop fuses the chain before it and runs once per batch
///   however many of the streams are used; each stream keeps the partitions and the order of
///   records.
/// - **Empty**: a stream that no record went to has an empty batch, still with all partitions.
/// - **Errors**: what a predicate throws fails the task. Refused for records that cannot be kept,
///   as `cache()` does, and for those of a move-only type.
/// - **Cost**: what `cache()` costs, also behind a source: one move or copy per record, into one
///   partition for each stream. A filter per stream would run the chain once for each.
/// - **Source**: Kafka Streams' `KStream.split`, with a default branch that is always there; Spark
///   has none.
template <std::copy_constructible First, std::copy_constructible... Others>
[[nodiscard]] auto branch(First predicate, Others... others) -> Branch<First, Others...>
{
    return Branch<First, Others...>{std::move(predicate), std::move(others)...};
}

} // namespace sluice::inline SLUICE_ABI
