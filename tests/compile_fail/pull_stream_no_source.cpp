// expect: sluice: pullStream\(context, source\): the source must have latest\(\)
// budget: 14
#include <sluice/engine/runtime.hpp>
#include <sluice/input/pull_stream.hpp>
#include <sluice/output/print.hpp>

#include <cstdint>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Range = sluice::OffsetRange;
#else
using Range = const sluice::OffsetRange;
#endif

struct Log {
    std::vector<std::uint64_t> latest();
    std::vector<int> read(Range& range);
    void acknowledge(const sluice::OffsetRange& range);
};

void printed(sluice::engine::Runtime& runtime, Log log)
{
    sluice::pullStream(runtime, log) | sluice::print();
}
