#pragma once

#include <sluice/storage/pool.hpp>

#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL PoolShelf::PoolShelf(std::size_t keepAtMost) : keepAtMost_{keepAtMost}
{
    free_.reserve(keepAtMost);
}

SLUICE_DECL PoolShelf::~PoolShelf() = default;

SLUICE_DECL std::unique_ptr<Reusable> PoolShelf::take()
{
    const std::lock_guard lock{mutex_};
    if (free_.empty()) { return nullptr; }
    auto object = std::move(free_.back());
    free_.pop_back();
    return object;
}

SLUICE_DECL std::shared_ptr<Reusable> PoolShelf::lend(std::unique_ptr<Reusable> object)
{
    return {object.release(), [shelf = shared_from_this()](
                                  Reusable* used) { shelf->put(std::unique_ptr<Reusable>{used}); }};
}

SLUICE_DECL void PoolShelf::put(std::unique_ptr<Reusable> object) noexcept
{
    object->clear();
    const std::lock_guard lock{mutex_};
    if (free_.size() < keepAtMost_) { free_.push_back(std::move(object)); }
}

SLUICE_DECL std::shared_ptr<PoolShelf> makePoolShelf(std::size_t keepAtMost)
{
    return std::make_shared<PoolShelf>(keepAtMost);
}

} // namespace sluice::detail::inline SLUICE_ABI
