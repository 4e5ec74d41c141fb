// expect: sluice: reduce\(function\): the function must be callable as T\(T, const T&\)
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto add = [](int* a, int* b) { return a < b ? a : b; };
#else
constexpr auto add = [](int a, int b) { return a + b; };
#endif

const auto total =
    sluice::map([](const std::string& text) { return static_cast<int>(text.size()); }) |
    sluice::reduce(add) | sluice::map([](int x) { return -x; });

auto reduced(const sluice::DStream<std::string>& texts)
{
    return texts | total;
}
