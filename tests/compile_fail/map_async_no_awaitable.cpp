// expect: sluice: mapAsync\(concurrency, function\): the function must be callable as
// budget: 14
#include <sluice/dstream/map_async.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
std::string fetch(const std::string& id);
#else
boost::asio::awaitable<std::string> fetch(const std::string& id);
#endif

auto fetched(const sluice::DStream<std::string>& ids)
{
    return ids | sluice::mapAsync(8, &fetch);
}
