// expect: sluice: mapValues\(function\): the records must be key and value, anything with the
// budget: 14
#include <sluice/algebra/map_values.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<std::string, int>;
#endif

auto doubled(const sluice::DStream<Record>& records)
{
    return records | sluice::mapValues([](int x) { return 2 * x; });
}
