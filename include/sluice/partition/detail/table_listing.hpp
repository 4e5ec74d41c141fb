#pragma once

#include <sluice/partition/detail/table_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace sluice::detail {

/// The entries of a table by partition, where not the hash decides.
template <class Slot>
class TableListing {
public:
    /// Of the `size` entries of `walk`; `partitionOf(slot)` is called once for each.
    template <class PartitionOf>
    TableListing(
        std::size_t size, std::size_t partitions, TableWalk<Slot> walk, PartitionOf partitionOf)
        : slots_(size), begins_(partitions + 1)
    {
        std::vector<std::uint32_t> answers;
        answers.reserve(size);
        TableWalk<Slot> again = walk;
        while (const Slot* slot = walk.next()) {
            const std::size_t partition = partitionOf(*slot);
            answers.push_back(static_cast<std::uint32_t>(partition));
            ++begins_[partition];
        }
        std::size_t sum = 0;
        for (std::size_t& begin : begins_) {
            sum += std::exchange(begin, sum);
        }
        auto next = begins_;
        auto answer = answers.begin();
        while (Slot* slot = again.next()) {
            slots_[next[*answer++]++] = slot;
        }
    }

    [[nodiscard]] std::span<Slot* const> entries(std::size_t partition) const
    {
        return {slots_.data() + begins_[partition], begins_[partition + 1] - begins_[partition]};
    }

private:
    std::vector<Slot*> slots_;
    std::vector<std::size_t> begins_; // of each partition, and behind the last
};

} // namespace sluice::detail
