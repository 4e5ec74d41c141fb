// expect: sluice: countByValue\(\): the records must be copyable, and their type can only be moved
// budget: 14
#include <sluice/dstream/shuffle/count_by_value.hpp>

#include <memory>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::unique_ptr<int>;
#else
using Record = std::shared_ptr<int>;
#endif

auto made(const sluice::DStream<Record>& records)
{
    return records | sluice::countByValue();
}
