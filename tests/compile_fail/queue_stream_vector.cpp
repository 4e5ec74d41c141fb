// expect: sluice: queueStream\(context, queue\): the queue must be a sluice::BatchQueue<T>
// budget: 14
#include <sluice/sluice.hpp>

#include <chrono>
#include <vector>

void run()
{
    sluice::StreamingContext context{{.batchInterval = std::chrono::seconds{1}}};
#ifdef SLUICE_EXPECT_FAILURE
    const std::vector<int> queue{1, 2};
#else
    const sluice::BatchQueue<int> queue{{1, 2}};
#endif
    context.queueStream(queue) | sluice::print();
}
