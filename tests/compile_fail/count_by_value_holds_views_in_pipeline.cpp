// expect: sluice: countByValue\(\): records other than std::string_view must own their memory
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/count_by_value.hpp>

#include <string_view>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto numbered = [](std::string_view word) { return std::pair{word, 1}; };
#else
constexpr auto numbered = [](std::string_view word) { return std::pair{word.size(), 1}; };
#endif

auto made(const sluice::DStream<std::string_view>& words)
{
    return words | (sluice::map(numbered) | sluice::countByValue());
}
