#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/partition/detail/mix.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace sluice {

/// Decides by a key's hash in which of `partitions()` partitions it lives.
///
/// Monotone: each partition holds one interval of hashes, in order. So a table ordered by hash
/// holds each partition in one piece, and nothing has to be sorted into buckets.
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

    [[nodiscard]] std::size_t operator()(std::uint64_t hash) const noexcept
    {
        return static_cast<std::size_t>(detail::scaleDown(hash, partitions_));
    }

    /// The lowest hash that belongs to `partition`.
    [[nodiscard]] std::uint64_t firstHash(std::size_t partition) const noexcept
    {
        // partition * 2^64 / partitions, rounded up, with 2^64 = whole * partitions + rest
        constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
        std::uint64_t whole = top / partitions_;
        std::uint64_t rest = top % partitions_ + 1;
        return partition * whole + (partition * rest + partitions_ - 1) / partitions_;
    }

    /// The highest hash that belongs to `partition`.
    [[nodiscard]] std::uint64_t lastHash(std::size_t partition) const noexcept
    {
        return partition + 1 == partitions_ ? std::numeric_limits<std::uint64_t>::max()
                                            : firstHash(partition + 1) - 1;
    }

private:
    std::uint64_t partitions_;
};

} // namespace sluice
