// expect: sluice: repartition\(n\): the records must be copyable, and their type can only be moved
// budget: 14
#include <sluice/dstream/shuffle/repartition.hpp>

#include <memory>

#ifdef SLUICE_EXPECT_FAILURE
using Box = std::unique_ptr<int>;
#else
using Box = std::shared_ptr<int>;
#endif

auto spread(const sluice::DStream<Box>& boxes)
{
    return boxes | sluice::repartition(4);
}
