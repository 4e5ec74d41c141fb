// expect: sluice: a law takes its values from a range of samples or from a generator, such as
// budget: 14
#include <sluice/testing/laws.hpp>

#include <functional>

#ifdef SLUICE_EXPECT_FAILURE
const int values = 7;
#else
const auto values = sluice::testing::arbitrary<int>;
#endif

bool holds()
{
    return bool{sluice::testing::isCommutative(std::plus{}, values)};
}
