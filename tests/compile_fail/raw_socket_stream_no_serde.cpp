// expect: sluice: rawSocketStream<T>\(context, host, port\): the records must be of a type with a
// budget: 14
#include <sluice/engine/runtime.hpp>
#include <sluice/input/raw_socket_stream.hpp>

#ifdef SLUICE_EXPECT_FAILURE
struct Record {
    int* value;
};
#else
struct Record {
    int value;
};
#endif

auto records(sluice::engine::Runtime& runtime)
{
    return sluice::rawSocketStream<Record>(runtime, "localhost", 9999);
}
