// expect: sluice: swap: the records must be key and value, anything with the tuple protocol of
// budget: 14
#include <sluice/algebra/swap.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<std::string, int>;
#endif

auto swapped(const sluice::DStream<Record>& records)
{
    return records | sluice::swap;
}
