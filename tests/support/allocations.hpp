#pragma once

#include <cstddef>

namespace sluice::test {

/// How often this program has called `operator new` so far, on all threads. Always 0 under the
/// address sanitizer, which needs the operators for itself: ask `countsAllocations` before
/// demanding some.
std::size_t allocations() noexcept;

extern const bool countsAllocations;

/// The calls of `operator new` that `function` makes.
std::size_t allocationsOf(auto&& function)
{
    const std::size_t before = allocations();
    function();
    return allocations() - before;
}

} // namespace sluice::test
