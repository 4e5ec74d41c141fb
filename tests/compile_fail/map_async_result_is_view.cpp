// expect: sluice: mapAsync\(concurrency, function\): its results must own what they refer to
// budget: 14
#include <sluice/dstream/map_async.hpp>

#include <string>
#include <string_view>

#ifdef SLUICE_EXPECT_FAILURE
boost::asio::awaitable<std::string_view> fetch(const std::string& id);
#else
boost::asio::awaitable<std::string> fetch(const std::string& id);
#endif

auto fetched(const sluice::DStream<std::string>& ids)
{
    return ids | sluice::mapAsync(8, &fetch);
}
