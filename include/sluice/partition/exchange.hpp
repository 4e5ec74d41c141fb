#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice {

/// Where the entries of one partition are: in one part of each of some tables.
template <class Table>
struct Share {
    std::span<const std::shared_ptr<const Table>> tables;
    std::size_t partition = 0; ///< of the tables' `partitions`
    std::size_t partitions = 1;
};

/// What carries the buckets of one stage's tasks to the tasks of the next, inside this process.
///
/// A task hands over one `Table` that holds all its buckets; the reader of partition `p` asks each
/// table for the entries of `p`. Tables are immutable once handed over, so that a task that is
/// tried again reads the same. `put` may be called from several threads for different tasks.
template <class Table>
class Exchange {
public:
    /// Makes room for the buckets of so many tasks; or, `inPlace`, for as many tables as there are
    /// partitions, each with the keys of its partition and no others: nothing moves.
    void open(std::size_t tables, bool inPlace = false)
    {
        tables_.resize(tables);
        inPlace_ = inPlace;
    }

    void put(std::size_t task, std::shared_ptr<const Table> table)
    {
        tables_[task] = std::move(table);
    }

    [[nodiscard]] const std::vector<std::shared_ptr<const Table>>& tables() const noexcept
    {
        return tables_;
    }

    /// Where the entries of one of `partitions` partitions are.
    [[nodiscard]] Share<Table> share(std::size_t partition, std::size_t partitions) const noexcept
    {
        const std::span all{tables_};
        if (inPlace_) { return {all.subspan(partition, 1), 0, 1}; }
        return {all, partition, partitions};
    }

    void clear() noexcept { tables_.clear(); }

private:
    std::vector<std::shared_ptr<const Table>> tables_;
    bool inPlace_ = false;
};

} // namespace sluice
