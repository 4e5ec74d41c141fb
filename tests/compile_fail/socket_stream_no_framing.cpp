// expect: sluice: socketStream\(context, host, port, framing\): the framing must be callable as
// budget: 14
#include <sluice/engine/runtime.hpp>
#include <sluice/input/socket_stream.hpp>
#include <sluice/output/print.hpp>

#include <cstddef>
#include <string_view>

#ifdef SLUICE_EXPECT_FAILURE
using Answer = std::size_t;
constexpr Answer whole(std::size_t size)
{
    return size;
}
#else
using Answer = sluice::Frame;
constexpr Answer whole(std::size_t size)
{
    return Answer::whole(size);
}
#endif

void printed(sluice::engine::Runtime& runtime)
{
    const auto framing = [](std::string_view bytes, std::size_t) { return whole(bytes.size()); };
    sluice::socketStream(runtime, "localhost", 9999, framing) | sluice::print();
}
