// expect: sluice: mapPartitions\(function\): .* be copyable unless it returns them in a container
// budget: 14
#include <sluice/dstream/map_partitions.hpp>

#include <memory>
#include <span>

#ifdef SLUICE_EXPECT_FAILURE
using Box = std::unique_ptr<int>;
#else
using Box = std::shared_ptr<int>;
#endif

auto allOf(const sluice::DStream<Box>& boxes)
{
    return boxes | sluice::mapPartitions([](std::span<const Box> all) { return all; });
}
