// expect: sluice: records that are kept must own what they refer to
// budget: 14
#include <sluice/engine/runtime.hpp>
#include <sluice/input/file_stream.hpp>
#include <sluice/output/foreach_batch.hpp>

#include <span>
#include <string_view>

#ifdef SLUICE_EXPECT_FAILURE
using Bytes = std::span<const char>;
#else
using Bytes = std::string_view;
#endif

struct Blocks {
    using Record = Bytes;
    void read(sluice::FileInput& file, auto& emit) const
    {
        char buffer[1024];
        const auto bytes = file.read(buffer);
        emit(Record(buffer, bytes));
    }
};

void kept(sluice::engine::Runtime& runtime)
{
    sluice::fileStream(runtime, "/logs", Blocks{}) |
        sluice::foreachBatch([](const sluice::Batch<Bytes>&) {});
}
