#include <sluice/sluice.hpp>

#include <chrono>

#if SLUICE_VERSION < 100
#error "the version is not what the package says"
#endif

int main()
{
    using namespace std::chrono_literals;
    sluice::StreamingContext context{{.batchInterval = 1ms}};
    long adults = 0;
    context.queueStream(sluice::BatchQueue<int>{{12, 40, 17, 65}}) |
        sluice::filter([](int age) { return age >= 18; }) |
        sluice::foreachBatch([&](const sluice::Batch<int>& batch) {
            for (int age : batch) {
                adults += age >= 18 ? 1 : -100;
            }
            context.requestStop();
        });
    context.start();
    context.awaitTermination();
    return adults == 2 ? 0 : 1;
}
