// A context, in two files: with adults.cpp.
#include "adults.hpp"

#include <sluice/sluice.hpp>

#include <chrono>

#if SLUICE_VERSION < 100
#error "the version is not what the package says"
#endif

int main()
{
    using namespace std::chrono_literals;
    sluice::StreamingContext context{{.batchInterval = 1ms}};
    long seen = 0;
    auto ages = context.queueStream(sluice::BatchQueue<int>{{12, 40, 17, 65}});
    adults(ages) | sluice::foreachBatch([&](const sluice::Batch<int>& batch) {
        for (int age : batch) {
            seen += age >= 18 ? 1 : -100;
        }
        context.requestStop();
    });
    context.start();
    context.awaitTermination();
    return seen == 2 ? 0 : 1;
}
