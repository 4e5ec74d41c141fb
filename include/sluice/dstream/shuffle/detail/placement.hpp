#pragma once

#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/partition/partitioner.hpp>
#include <sluice/partition/partitioning.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// How it is settled in which partition a key lives.
namespace sluice::detail::inline SLUICE_ABI {

template <class>
inline constexpr bool isDStream = false;
template <class T, class Chain>
inline constexpr bool isDStream<DStream<T, Chain>> = true;

/// What may stand where an operator takes a partitioner; whether it is one of its keys, `accepts`
/// asks.
template <class P>
concept MaybePartitioner = std::copy_constructible<P> && !std::convertible_to<P, std::size_t> &&
                           !std::convertible_to<P, std::optional<std::size_t>> && !isDStream<P>;

/// The partitioner that a number of partitions stands for; throws InvalidArgument for 0 and for too
/// many.
[[nodiscard]] std::optional<HashPartitioner> hashInto(
    std::optional<std::size_t> partitions, std::string_view call);

/// What is fused at the end of a loop that makes tables, perhaps in place.
[[nodiscard]] std::string terminalOf(std::string_view name, bool inPlace);

/// A user's partitioner; throws InvalidArgument where it has no partitions, or too many.
template <class P>
[[nodiscard]] std::optional<P> checkedPartitioner(P partitioner, std::string_view call)
{
    if constexpr (Partitioner<P>) {
        checkPartitions(static_cast<std::size_t>(partitioner.partitions()), call);
    }
    return partitioner;
}

/// The partitioner given, or else the one of the context.
template <class P>
[[nodiscard]] P partitionerOr(const std::optional<P>& given, const engine::Runtime& runtime)
{
    if constexpr (std::same_as<P, HashPartitioner>) {
        return given ? *given : HashPartitioner{runtime.options().defaultPartitions};
    } else {
        return *given;
    }
}

/// Whether the keys behind a chain `Op` over the records of `parent` lie already as `by` says.
template <class Op>
[[nodiscard]] bool liesAs(const Partitioning& by, const engine::Stage& parent)
{
    if constexpr (KeepsKeys<Op>) {
        return by.isLike(parent.info().partitionedBy);
    } else {
        return false;
    }
}

/// Lists the entries of a table by the partitions that a user's partitioner names.
template <class Table>
class Lister {
public:
    Lister() = default;
    Lister(const Lister&) = delete;
    Lister& operator=(const Lister&) = delete;
    virtual ~Lister() = default;
    virtual void list(Table& table) const = 0;
};

/// The key of a record, given how a table shows it: texts as views, which not all partitioners of
/// `std::string` take.
template <class K, class P, class View>
decltype(auto) keyFor(const View& view)
{
    if constexpr (std::same_as<K, View> || PartitionerOf<P, View>) {
        return (view);
    } else {
        return K(view);
    }
}

template <class K, class Table, class P>
class ListerBy final : public Lister<Table> {
public:
    ListerBy(P partitioner, std::string_view operatorName)
        : partitioner_{std::move(partitioner)}, operatorName_{operatorName}
    {
    }

    void list(Table& table) const override
    {
        const P partitioner = partitioner_;
        const auto partitions = static_cast<std::size_t>(partitioner.partitions());
        try {
            table.listBy(partitions, [&](const auto& key) {
                return checkedPartition(partitioner, keyFor<K, P>(key), partitions);
            });
        } catch (...) {
            failIn(operatorName_);
        }
    }

private:
    P partitioner_;
    std::string_view operatorName_;
};

/// How the tables before a shuffle by key are made, so that the stage behind finds its partitions.
template <class Table>
struct Placement {
    Partitioning by{};
    std::unique_ptr<const Lister<Table>> lister{}; ///< none where the hash decides
    bool inPlace = false; ///< the keys lie there already: a table for each partition
    bool byHash = true;

    /// What is fused at the end of the loop that makes the tables.
    [[nodiscard]] std::string terminal(std::string_view name) const
    {
        return terminalOf(name, inPlace);
    }
};

/// How tables with keys of type `K` are made by a chain `Op` over the records of `parent`.
template <class K, class Table, class Op, class P>
[[nodiscard]] Placement<Table> placementOf(
    const engine::Stage& parent, const P& partitioner, std::string_view operatorName)
{
    Placement<Table> made;
    made.by = Partitioning::by(partitioner);
    made.inPlace = liesAs<Op>(made.by, parent);
    made.byHash = std::same_as<P, HashPartitioner>;
    if constexpr (!std::same_as<P, HashPartitioner>) {
        if (!made.inPlace) {
            made.lister = std::make_unique<const ListerBy<K, Table, P>>(partitioner, operatorName);
        }
    }
    return made;
}

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/placement.ipp>
#endif
