// expect: sluice: keyBy\(function\): .* callable as K\(const T&\), with a result
// budget: 14
#include <sluice/algebra/key_by.hpp>
#include <sluice/dstream/dstream.hpp>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto lastDigit = [](int) {};
#else
constexpr auto lastDigit = [](int x) { return x % 10; };
#endif

auto byLastDigit(const sluice::DStream<int>& numbers)
{
    return numbers | sluice::keyBy(lastDigit);
}
