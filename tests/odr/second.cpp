#include <sluice/sluice.hpp>

#include <utility>

sluice::DStream<long> doubled(sluice::StreamingContext& context, sluice::BatchQueue<long> queue);

sluice::DStream<long> doubled(sluice::StreamingContext& context, sluice::BatchQueue<long> queue)
{
    return context.queueStream(std::move(queue)) | sluice::map([](long x) { return 2 * x; });
}
