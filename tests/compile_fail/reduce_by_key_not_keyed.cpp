// expect: sluice: reduceByKey\(function\): the records must be key and value, anything with the
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <functional>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<std::string, long>;
#endif

auto reduced(const sluice::DStream<Record>& records)
{
    return records | sluice::reduceByKey(std::plus{});
}
