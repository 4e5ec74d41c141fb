#include "support/allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_TEST_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_TEST_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef SLUICE_TEST_COUNTS_ALLOCATIONS
#define SLUICE_TEST_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<std::size_t> taken{0};
} // namespace

namespace sluice::test {
std::size_t allocations() noexcept
{
    return taken.load(std::memory_order_relaxed);
}

const bool countsAllocations = SLUICE_TEST_COUNTS_ALLOCATIONS != 0;
} // namespace sluice::test

#if SLUICE_TEST_COUNTS_ALLOCATIONS
// The array and nothrow forms of the standard library end up here.
void* operator new(std::size_t size)
{
    taken.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) { return memory; }
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
#endif
