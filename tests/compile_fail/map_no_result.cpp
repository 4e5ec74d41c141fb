// expect: sluice: map\(function\): .* callable as U\(const T&\), with a result
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto look = [](int) {};
#else
constexpr auto look = [](int x) { return x; };
#endif

auto looked(const std::vector<int>& numbers)
{
    return sluice::evaluate(sluice::map(look) | sluice::map([](int x) { return x + 1; }), numbers);
}
