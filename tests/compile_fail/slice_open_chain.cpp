// expect: sluice: slice\(stream, from, to\): the stream must be one that has batches of its own:
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/windows/slice.hpp>

auto look(const sluice::DStream<int>& numbers)
{
    const auto negated = numbers | sluice::map([](int x) { return -x; });
#ifdef SLUICE_EXPECT_FAILURE
    return sluice::slice(negated, sluice::Time{}, sluice::Time{});
#else
    return sluice::slice(negated | sluice::cache(), sluice::Time{}, sluice::Time{});
#endif
}
