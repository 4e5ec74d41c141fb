// expect: the records of all streams must be key and value, anything with the tuple protocol of
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto byText = [](const std::string& text) { return text; };
#else
constexpr auto byText = [](const std::string& text) { return std::pair{text, 1L}; };
#endif

auto joined(const sluice::DStream<std::string>& texts,
    const sluice::DStream<std::pair<std::string, long>>& other)
{
    const auto pipeline = sluice::map(byText) | sluice::rightOuterJoin(other) |
                          sluice::map([](const auto& record) { return record.second; });
    return texts | pipeline;
}
