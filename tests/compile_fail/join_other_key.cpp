// expect: sluice: join\(other\): both streams must have the same type of key
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include <memory>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Other = std::pair<int, int>;
#else
using Other = std::pair<std::string, int>;
#endif

auto together(const sluice::DStream<std::pair<std::string, long>>& records,
    const sluice::DStream<Other>& other)
{
    return records | sluice::join(other);
}
