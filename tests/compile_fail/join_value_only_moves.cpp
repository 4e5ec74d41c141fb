// expect: the values must be copyable, and their type can only be moved
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include <memory>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Other = std::pair<std::string, std::unique_ptr<int>>;
#else
using Other = std::pair<std::string, std::shared_ptr<int>>;
#endif

auto together(const sluice::DStream<std::pair<std::string, long>>& records,
    const sluice::DStream<Other>& other)
{
    return records | sluice::fullOuterJoin(other);
}
