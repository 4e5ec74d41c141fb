// expect: sluice: mapPartitions\(function\): .* callable as Range\(std::span<const T>\)
// budget: 14
#include <sluice/algebra/filter.hpp>
#include <sluice/dstream/map_partitions.hpp>

#include <array>
#include <cstddef>
#include <span>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto size = [](std::span<const int> records) { return records.size(); };
#else
constexpr auto size = [](std::span<const int> records) { return std::array{records.size()}; };
#endif

auto sizesOf(const sluice::DStream<int>& numbers)
{
    return numbers | (sluice::filter([](int x) { return x > 0; }) | sluice::mapPartitions(size));
}
