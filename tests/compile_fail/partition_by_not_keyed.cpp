// expect: sluice: partitionBy\(partitioner\): the records must be key and value
// budget: 14
#include <sluice/dstream/shuffle/partition_by.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<std::string, int>;
#endif

auto placed(const sluice::DStream<Record>& records)
{
    return records | sluice::partitionBy(sluice::HashPartitioner{4});
}
