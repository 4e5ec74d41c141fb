// expect: sluice: evaluate\(pipeline, range\): an operator of the pipeline needs a stream
// budget: 14
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/output/print.hpp>

#include <vector>

constexpr auto twice = [](int number) { return 2 * number; };

auto run(const std::vector<int>& numbers)
{
#ifdef SLUICE_EXPECT_FAILURE
    return sluice::evaluate(sluice::map(twice) | sluice::print(), numbers);
#else
    return sluice::evaluate(sluice::map(twice), numbers);
#endif
}
