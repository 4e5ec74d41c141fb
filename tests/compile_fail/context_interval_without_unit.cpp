// expect: sluice: batchInterval needs a unit
// budget: 14
#include <sluice/streaming_context.hpp>

#include <chrono>

using namespace std::chrono_literals;

void run()
{
#ifdef SLUICE_EXPECT_FAILURE
    const sluice::StreamingContext context{{.batchInterval = 1}};
#else
    const sluice::StreamingContext context{{.batchInterval = 1s}};
#endif
}
