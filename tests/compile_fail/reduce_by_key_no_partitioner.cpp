// expect: reduceByKey\(function, partitioner\): the partitioner must have partitions\(\)
// budget: 14
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/partition/range_partitioner.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Bound = int; // no bound for texts
#else
using Bound = std::string;
#endif

auto summed(const sluice::DStream<std::pair<std::string, int>>& records)
{
    return records | sluice::reduceByKey(
                         std::plus<int>{}, sluice::RangePartitioner<Bound>{std::vector<Bound>{}});
}
