// expect: sluice: fileStream\(context, directory, reader\): the reader must have a type Record and
// budget: 14
#include <sluice/engine/runtime.hpp>
#include <sluice/input/file_stream.hpp>
#include <sluice/output/print.hpp>

#include <string>

struct WholeFiles {
#ifndef SLUICE_EXPECT_FAILURE
    using Record = std::string;
#endif
    void read(sluice::FileInput& file, auto& emit) const { emit(std::string(file.path())); }
};

void printed(sluice::engine::Runtime& runtime)
{
    sluice::fileStream(runtime, "/logs", WholeFiles{}) | sluice::print();
}
