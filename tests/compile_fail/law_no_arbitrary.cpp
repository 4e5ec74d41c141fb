// expect: sluice: arbitrary<T>: no random value of this type is known; specialise
// budget: 14
#include <sluice/testing/laws.hpp>

struct Amount {
    int cents = 0;
    bool operator==(const Amount&) const = default;
};
#ifndef SLUICE_EXPECT_FAILURE
template <>
struct sluice::testing::Arbitrary<Amount> {
    static Amount make(Random& random) { return {Arbitrary<int>::make(random)}; }
};
#endif

bool holds()
{
    const auto first = [](Amount a, Amount) { return a; };
    return bool{sluice::testing::isAssociative(first, sluice::testing::arbitrary<Amount>)};
}
