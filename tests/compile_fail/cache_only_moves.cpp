// expect: sluice: keeping these records would copy them, and their type can only be moved
// budget: 14
#include <sluice/algebra/filter.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/dstream.hpp>

#include <memory>

#ifdef SLUICE_EXPECT_FAILURE
using Box = std::unique_ptr<int>;
#else
using Box = std::shared_ptr<int>;
#endif

auto kept(const sluice::DStream<Box>& boxes)
{
    return boxes | sluice::filter([](const Box& box) { return box != nullptr; }) | sluice::cache();
}
