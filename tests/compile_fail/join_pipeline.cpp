// expect: what is joined with must be a stream, and a pipeline was given
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include <utility>

using Records = sluice::DStream<std::pair<int, int>>;

auto joined(const Records& records, [[maybe_unused]] const Records& others)
{
#ifdef SLUICE_EXPECT_FAILURE
    const auto keyed = sluice::map([](int x) { return std::pair{x, x}; });
    return records | sluice::join(keyed, 4);
#else
    return records | sluice::join(others, 4);
#endif
}
