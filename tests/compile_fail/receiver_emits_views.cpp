// expect: sluice: emit\(record\): the records must own what they refer to
// budget: 14
#include <sluice/input/receiver_stream.hpp>

#include <string>
#include <string_view>

#ifdef SLUICE_EXPECT_FAILURE
using Line = std::string_view;
#else
using Line = std::string;
#endif

sluice::Awaitable<void> receive(sluice::Emitter<Line>& emitter)
{
    const Line line = "a line";
    co_await emitter.emit(line);
}
