// expect: sluice: mapPartitions\(function\): .* callable as Range\(std::span<const T>\)
// budget: 14
#include <sluice/dstream/map_partitions.hpp>

#include <span>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto copied = [](int record) { return std::vector{record}; };
#else
constexpr auto copied = [](std::span<const int> records) {
    return std::vector<int>(records.begin(), records.end());
};
#endif

auto copiesOf(const sluice::DStream<int>& numbers)
{
    return numbers | sluice::mapPartitions(copied);
}
