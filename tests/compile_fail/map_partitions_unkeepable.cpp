// expect: sluice: mapPartitions\(function\): the records that it makes must own what they refer to
// budget: 14
#include <sluice/dstream/map_partitions.hpp>

#include <array>
#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto all = [](std::span<const int> records) { return std::array{records}; };
#else
constexpr auto all = [](std::span<const int> records) {
    return std::array{std::vector<int>(records.begin(), records.end())};
};
#endif

auto partitionsOf(const sluice::DStream<int>& numbers)
{
    return numbers | sluice::mapPartitions(all);
}
