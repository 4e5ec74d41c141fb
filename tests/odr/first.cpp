// Two files with the whole library in each must link, and agree on its types.
#include <sluice/sluice.hpp>

#include <chrono>

sluice::DStream<long> doubled(sluice::StreamingContext& context, sluice::BatchQueue<long> queue);

int main()
{
    using namespace std::chrono_literals;
    sluice::StreamingContext context{{.batchInterval = 1ms}};
    long sum = 0;
    doubled(context, {{1, 2, 3}}) | sluice::foreachBatch([&](const sluice::Batch<long>& batch) {
        for (long x : batch) {
            sum += x;
        }
        context.requestStop();
    });
    context.start();
    context.awaitTermination();
    return sum == 12 ? 0 : 1;
}
