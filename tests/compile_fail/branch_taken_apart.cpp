// expect: sluice: branch\(predicates...\): each predicate must be callable as bool\(const T&\)
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/branch.hpp>
#include <sluice/output/print.hpp>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto isLarge = [](const char* text) { return text != nullptr; };
#else
constexpr auto isLarge = [](int number) { return number > 9; };
#endif

void show(const sluice::DStream<int>& numbers)
{
    const auto [large, small] = numbers | sluice::branch(isLarge);
    large | sluice::map([](int number) { return number / 10; }) | sluice::print();
    small | sluice::print();
}
