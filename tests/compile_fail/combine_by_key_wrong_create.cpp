// expect: create must be callable as C\(const V&\)
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/combine_by_key.hpp>

#include <functional>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto create = [](const std::string& text) { return text; };
#else
constexpr auto create = [](long value) { return value; };
#endif

auto combined(const sluice::DStream<std::pair<int, long>>& records)
{
    return records | sluice::combineByKey(create, std::plus<long>{}, std::plus<long>{});
}
