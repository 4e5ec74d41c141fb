// expect: sluice: transform\(function\): .* callable as Range\(const Batch<T>&\)
// budget: 14
#include <sluice/algebra/filter.hpp>
#include <sluice/dstream/transform.hpp>

#include <array>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto size = [](const sluice::Batch<int>& batch) { return batch.size(); };
#else
constexpr auto size = [](const sluice::Batch<int>& batch) { return std::array{batch.size()}; };
#endif

auto sizesOf(const sluice::DStream<int>& numbers)
{
    return numbers | (sluice::filter([](int x) { return x > 0; }) | sluice::transform(size));
}
