// expect: sluice: transform\(function\): .* callable as Range\(const Batch<T>&\)
// budget: 14
#include <sluice/dstream/transform.hpp>

#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto copied = [](int record) { return std::vector{record}; };
#else
constexpr auto copied = [](const sluice::Batch<int>& batch) {
    return std::vector<int>(batch.begin(), batch.end());
};
#endif

auto copiesOf(const sluice::DStream<int>& numbers)
{
    return numbers | sluice::transform(copied);
}
