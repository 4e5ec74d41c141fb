#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sluice {

/// What carries the buckets of one stage's tasks to the tasks of the next, inside this process.
///
/// A task hands over one `Table` that holds all its buckets; the reader of partition `p` asks each
/// table for the entries of `p`. Tables are immutable once handed over, so that a task that is
/// tried again reads the same. `put` may be called from several threads for different tasks.
template <class Table>
class Exchange {
public:
    /// Makes room for the buckets of `tasks` tasks.
    void open(std::size_t tasks) { tables_.resize(tasks); }

    void put(std::size_t task, std::shared_ptr<const Table> table)
    {
        tables_[task] = std::move(table);
    }

    [[nodiscard]] const std::vector<std::shared_ptr<const Table>>& tables() const noexcept
    {
        return tables_;
    }

    void clear() noexcept { tables_.clear(); }

private:
    std::vector<std::shared_ptr<const Table>> tables_;
};

} // namespace sluice
