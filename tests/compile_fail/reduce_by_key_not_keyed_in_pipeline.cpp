// expect: sluice: reduceByKey\(function\): the records must be key and value, anything with the
// budget: 14
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto one = [](std::string_view) { return 1L; };
#else
constexpr auto one = [](std::string_view word) { return std::pair{word, 1L}; };
#endif

const auto wordCount =
    sluice::flatMap(sluice::words) | sluice::map(one) | sluice::reduceByKey(std::plus{});

auto reduced(const sluice::DStream<std::string>& lines)
{
    return lines | wordCount;
}
