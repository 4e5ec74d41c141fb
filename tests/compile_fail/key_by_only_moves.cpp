// expect: sluice: keyBy\(function\): the records must be copyable, and their type can only be moved
// budget: 14
#include <sluice/algebra/key_by.hpp>
#include <sluice/dstream/dstream.hpp>

#include <memory>

#ifdef SLUICE_EXPECT_FAILURE
using Box = std::unique_ptr<int>;
#else
using Box = std::shared_ptr<int>;
#endif

auto byContent(const sluice::DStream<Box>& boxes)
{
    return boxes | sluice::keyBy([](const Box& box) { return *box; });
}
