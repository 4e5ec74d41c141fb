// expect: sluice: runBatches\(input..., pipeline\): the pipeline must be an operator, or a
// budget: 14
#include <sluice/dstream/union.hpp>
#include <sluice/testing/run_batches.hpp>

#ifdef SLUICE_EXPECT_FAILURE
const auto pipeline = [](const sluice::DStream<int>& a) { return a; };
#else
const auto pipeline = [](const sluice::DStream<int>& a, const sluice::DStream<int>& b) {
    return a | sluice::union_(b);
};
#endif

auto both(const sluice::testing::Batches<int>& batches)
{
    return sluice::testing::runBatches(batches, batches, pipeline);
}
