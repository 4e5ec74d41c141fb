// expect: sluice: reduceByKey\(function\): the values must be copyable
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <memory>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Value = std::unique_ptr<long>;
#else
using Value = std::shared_ptr<long>;
#endif

auto reduced(const sluice::DStream<std::pair<int, Value>>& records)
{
    return records | sluice::reduceByKey([](Value a, const Value&) -> Value { return a; });
}
