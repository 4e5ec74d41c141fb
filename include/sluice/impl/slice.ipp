#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/windows/slice.hpp>

#include <chrono>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL engine::History::Batches sliceOf(
    const engine::Runtime& runtime, const engine::Stage& stage, Time from, Time to)
{
    if (from > to) {
        throw InvalidArgument{"sluice: slice(stream, from, to): from is " + toString(from) +
                              ", which is later than to, " + toString(to)};
    }
    if (runtime.state() == State::initialized) {
        throw IllegalState{"sluice: slice(stream, from, to): the context has not started"};
    }
    if (stage.history() == nullptr) {
        throw IllegalState{"sluice: slice(stream, from, to): nothing of this stream is remembered; "
                           "call context.remember(span) before the start, and give the stream an "
                           "output"};
    }
    const auto all = stage.history()->between(Time::min(), Time::max());
    if (all.empty()) { return {}; }
    // Every batch time of the stream is whole slides away from any other.
    const Time first = all.front()->metadata->time;
    const Duration slide = engine::slideOf(runtime, stage);
    const auto down = [&](Time time) {
        return time < first ? time : time - (time - first) % slide;
    };
    return stage.history()->between(down(from), down(to));
}

} // namespace sluice::detail::inline SLUICE_ABI
