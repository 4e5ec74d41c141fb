// expect: sluice: groupByKey\(\): the records must be key and value, anything with the tuple
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<std::string, long>;
#endif

auto grouped(const sluice::DStream<Record>& records)
{
    return records | sluice::groupByKey();
}
