// expect: sluice: glom\(\): the records must be copyable, and their type can only be moved
// budget: 14
#include <sluice/dstream/glom.hpp>

#include <memory>

#ifdef SLUICE_EXPECT_FAILURE
using Box = std::unique_ptr<int>;
#else
using Box = std::shared_ptr<int>;
#endif

auto partitionsOf(const sluice::DStream<Box>& boxes)
{
    return boxes | sluice::glom();
}
