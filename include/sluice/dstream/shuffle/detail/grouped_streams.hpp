#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/joined.hpp> // JoinKind
#include <sluice/dstream/detail/refused_operator.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/cogroup_stage.hpp>
#include <sluice/dstream/shuffle/detail/group_stage.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/partition/group_table.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// What `cogroup` and the joins share.
namespace sluice::detail {

template <class T, class... Others>
inline constexpr bool sameKeys = (std::same_as<IndexKey<KeyOf<T>>, IndexKey<KeyOf<Others>>> && ...);

/// Whether streams of these records can be grouped by key together.
template <class T, class... Others>
inline constexpr bool groupTogether = [] {
    if constexpr (groupable<T> && (groupable<Others> && ...)) {
        return sameKeys<T, Others...>;
    } else {
        return false;
    }
}();

/// The first of some records that cannot be grouped, or the last of all.
template <class T, class... Others>
struct FirstUngroupable {
    using Type = T;
};
template <class T, class Second, class... Others>
    requires groupable<T>
struct FirstUngroupable<T, Second, Others...> : FirstUngroupable<Second, Others...> {};

/// Whether `P` says of the keys of all streams where they live.
template <class P, class... T>
inline constexpr bool placesAll = (PartitionerOf<P, KeyOf<T>> && ...);

/// What an operator that groups a stream together with others, of records of types `R`, takes and
/// refuses; `P` is its partitioner.
template <JoinKind kind, class P, class... R>
class GroupsTogetherWith {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = false;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (groupTogether<T, R...>) {
            return placesAll<P, T, R...>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        using Wrong = typename FirstUngroupable<R..., T>::Type;
        if constexpr (!groupsKeyed<Wrong>) {
            static_assert(groupsKeyed<Wrong>,
                "sluice: cogroup and joins: the records of all "
                "streams must be key and value, anything with the tuple protocol of size two, such "
                "as std::pair<K, V>");
        } else if constexpr (!groupsHashable<Wrong>) {
            static_assert(groupsHashable<Wrong>,
                "sluice: cogroup and joins: the key needs operator== and a hash, std::hash<K>");
        } else if constexpr (!groupsCopyable<Wrong>) {
            static_assert(groupsCopyable<Wrong>, "sluice: cogroup and joins: the values must be "
                                                 "copyable, and their type can only be moved");
        } else if constexpr (!groupsKeepable<Wrong>) {
            static_assert(groupsKeepable<Wrong>,
                "sluice: cogroup and joins: keys and values must own their memory or be texts; or "
                "specialise sluice::Owning<T>");
        } else if constexpr (!sameKeys<T, R...> && kind == JoinKind::none) {
            static_assert(sameKeys<T, R...>,
                "sluice: cogroup(others...): all streams must have the same type of key");
        } else if constexpr (!sameKeys<T, R...> && kind == JoinKind::inner) {
            static_assert(sameKeys<T, R...>,
                "sluice: join(other): both streams must have the same type of key");
        } else if constexpr (!sameKeys<T, R...> && kind == JoinKind::left) {
            static_assert(sameKeys<T, R...>,
                "sluice: leftOuterJoin(other): both streams must have the same type of key");
        } else if constexpr (!sameKeys<T, R...> && kind == JoinKind::right) {
            static_assert(sameKeys<T, R...>,
                "sluice: rightOuterJoin(other): both streams must have the same type of key");
        } else if constexpr (!sameKeys<T, R...> && kind == JoinKind::full) {
            static_assert(sameKeys<T, R...>,
                "sluice: fullOuterJoin(other): both streams must have the same type of key");
        } else {
            static_assert(placesAll<P, T, R...>,
                "sluice: cogroup and joins: the partitioner must have partitions() and operator==, "
                "and be callable as std::size_t(const K&)");
        }
    }
};

/// What `cogroup` or a join of streams that cannot be grouped returns: refused by every stream, so
/// that the message is the same as for that stream.
template <JoinKind kind, class... R>
class RefusedGrouping : public GroupsTogetherWith<kind, HashPartitioner, R...> {};

/// Says in one sentence that a pipeline was given where a stream is needed.
template <bool isStream>
auto refusePipelineForStream()
{
    static_assert(isStream,
        "sluice: cogroup and joins: what is joined with must be a stream, and a pipeline was "
        "given: put a source before it (source | pipeline)");
    return RefusedOperator{};
}

} // namespace sluice::detail

namespace sluice::detail::inline SLUICE_ABI {

/// A stream that is grouped by key: once, for all that use it.
struct GroupedStream {
    engine::Runtime* runtime;
    std::shared_ptr<engine::Stage> stage;
};

template <class T, class U, class Op, class P>
GroupedStream groupedStream(const DStream<T, From<U, Op>>& stream,
    const std::optional<P>& partitioner, std::string_view name)
{
    return {
        &stream.runtime(), groupStage(stream, partitionerOr(partitioner, stream.runtime()), name)};
}

/// The stream of what `stream` and `others` have of each key; a key is wanted where all sides that
/// are `required` have it.
template <class... V, class T, class U, class Op, class P>
auto cogroupStreams(const DStream<T, From<U, Op>>& stream,
    const std::array<GroupedStream, sizeof...(V)>& others, std::string_view name,
    const std::optional<P>& given, const RequiredSides<sizeof...(V) + 1>& required)
{
    using K = KeyOf<T>;
    using Behind = CogroupStage<K, MappedOf<T>, V...>;
    engine::Runtime& runtime = stream.runtime();
    const P partitioner = partitionerOr(given, runtime);
    engine::Stage::Inputs inputs{groupStage(stream, partitioner, name)};
    for (const GroupedStream& other : others) {
        if (other.runtime != &runtime) {
            throw InvalidArgument{"sluice: " + std::string{name} +
                                  "(other): a stream of another context was given; all must "
                                  "belong to one"};
        }
        inputs.push_back(other.stage);
    }
    return DStream<Cogrouped<K, MappedOf<T>, V...>>{
        runtime, engine::makeStage<Behind>(runtime.newStage(name, "cogroup"), std::move(inputs),
                     Partitioning::by(partitioner), required)};
}

} // namespace sluice::detail::inline SLUICE_ABI
