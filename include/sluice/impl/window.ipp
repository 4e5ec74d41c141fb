#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/windows/window.hpp>
#include <sluice/engine/history.hpp>

#include <string>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL WindowStage::WindowStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
    Duration length, std::uint64_t slide)
    : Stage{std::move(info), std::move(input)}, length_{length}
{
    setSlide(slide);
}

SLUICE_DECL void WindowStage::planned()
{
    inputs().front()->rememberFor(length_);
}

SLUICE_DECL void WindowStage::close(const engine::BatchContext& batch)
{
    const Time now = batch.time();
    const auto& history = *inputs().front()->history();
    for (const auto& past : history.between(now - length_ + Duration{1}, now)) {
        output_.insert(output_.end(), past->partitions.begin(), past->partitions.end());
    }
}

SLUICE_DECL std::shared_ptr<engine::Stage> windowStage(engine::Runtime& runtime,
    std::shared_ptr<engine::Stage> input, Duration length, std::optional<Duration> slide)
{
    const Duration own = engine::slideOf(runtime, *input);
    const auto check = [&](std::string_view what, Duration given) {
        if (given > Duration{} && given % own == Duration{}) { return; }
        throw InvalidArgument{"sluice: window(windowLength, slideInterval): " + std::string{what} +
                              " is " + toString(given) +
                              ", must be a positive multiple of the stream's own slide of " +
                              toString(own)};
    };
    check("windowLength", length);
    check("slideInterval", slide.value_or(own));
    const Duration every = slide.value_or(own);
    auto info =
        runtime.newStage("window", "window(" + toString(length) + ", " + toString(every) + ")");
    const auto batches = static_cast<std::uint64_t>(every / runtime.options().batchInterval);
    return engine::makeStage<WindowStage>(std::move(info), std::move(input), length, batches);
}

} // namespace sluice::detail::inline SLUICE_ABI
