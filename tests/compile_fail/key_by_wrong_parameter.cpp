// expect: sluice: keyBy\(function\): .* callable as K\(const T&\), with a result
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/key_by.hpp>

#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = int;
#endif

auto byLastDigit(const std::vector<Record>& records)
{
    return sluice::evaluate(sluice::keyBy([](int x) { return x % 10; }), records);
}
