#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/partition/detail/mix.hpp>
#include <sluice/partition/hash.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace sluice {

/// `P` says in which of `partitions()` partitions something lives; equal ones say the same of
/// everything.
template <class P>
concept Partitioner =
    std::copy_constructible<P> && std::equality_comparable<P> && requires(const P& partitioner) {
        {
            partitioner.partitions()
        } -> std::convertible_to<std::size_t>;
    };

/// `P` says of every key in which partition it lives: `std::size_t(const K&)`, less than
/// `partitions()`, the same for equal keys. May be called from several threads, each with its own
/// copy.
template <class P, class K>
concept PartitionerOf = Partitioner<P> && requires(const P& partitioner, const K& key) {
    {
        partitioner(key)
    } -> std::convertible_to<std::size_t>;
};

/// Decides by a key's hash in which of `partitions()` partitions it lives.
///
/// Monotone: each partition holds one interval of hashes, in order, told apart by their upper 32
/// bits. So a table ordered by those holds each partition in one piece, and nothing has to be
/// sorted into buckets.
class HashPartitioner {
public:
    /// Throws `InvalidArgument` unless there is at least one partition, and at most 2^32 - 1.
    explicit HashPartitioner(std::size_t partitions) : partitions_{partitions}
    {
        if (partitions == 0) {
            throw InvalidArgument{
                "sluice: HashPartitioner: 0 partitions given, must be at least 1"};
        }
        if (partitions > std::numeric_limits<std::uint32_t>::max()) {
            throw InvalidArgument{
                "sluice: HashPartitioner: more than 4294967295 partitions given, must be fewer"};
        }
    }

    [[nodiscard]] std::size_t partitions() const noexcept { return partitions_; }

    /// The partition of a key.
    template <class K>
        requires HashableKey<K>
    [[nodiscard]] std::size_t operator()(const K& key) const
    {
        return ofHash(hashOf(key));
    }

    /// The partition of all keys with this hash.
    [[nodiscard]] std::size_t ofHash(std::uint64_t hash) const noexcept
    {
        return static_cast<std::size_t>(((hash >> 32) * partitions_) >> 32);
    }

    /// The lowest hash that belongs to `partition`.
    [[nodiscard]] std::uint64_t firstHash(std::size_t partition) const noexcept
    {
        return ((partition << 32) + partitions_ - 1) / partitions_ << 32;
    }

    /// The highest hash that belongs to `partition`.
    [[nodiscard]] std::uint64_t lastHash(std::size_t partition) const noexcept
    {
        return partition + 1 == partitions_ ? std::numeric_limits<std::uint64_t>::max()
                                            : firstHash(partition + 1) - 1;
    }

    friend bool operator==(const HashPartitioner&, const HashPartitioner&) = default;

private:
    std::uint64_t partitions_;
};

namespace detail {

[[noreturn]] inline void failOutOfPartitions(const std::string& answer, std::size_t partitions)
{
    throw Error{ErrorCode::invalidArgument, "sluice: a partitioner answered " + answer +
                                                " for a key, must be less than its number of "
                                                "partitions, " +
                                                std::to_string(partitions)};
}

/// The partition that `partitioner` names for `key`; throws unless it is one of `partitions`.
template <class P, class K>
std::size_t checkedPartition(const P& partitioner, const K& key, std::size_t partitions)
{
    const auto answer = partitioner(key);
    const auto partition = static_cast<std::size_t>(answer);
    if (partition >= partitions) {
        if constexpr (std::integral<std::remove_const_t<decltype(answer)>>) {
            failOutOfPartitions(std::to_string(answer), partitions);
        } else {
            failOutOfPartitions(std::to_string(partition), partitions);
        }
    }
    return partition;
}

} // namespace detail

} // namespace sluice
