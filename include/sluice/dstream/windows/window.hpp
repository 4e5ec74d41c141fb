#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/storage/time.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {

/// Lists the partitions of the last batches of its input, oldest batch first. Moves and copies no
/// record.
class WindowStage final : public engine::Stage {
public:
    WindowStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, Duration length,
        std::uint64_t slide);

    void planned() override;
    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext& batch) override;

private:
    Duration length_;
};

/// A stage with the window of `length` over what `input` makes, anew every `slide`. Throws
/// InvalidArgument unless both are multiples of the input's own slide.
std::shared_ptr<engine::Stage> windowStage(engine::Runtime& runtime,
    std::shared_ptr<engine::Stage> input, Duration length, std::optional<Duration> slide);

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `window(windowLength, slideInterval)`.
class Window {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"window"};

    Window(Duration length, std::optional<Duration> slide) : length_{length}, slide_{slide} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        engine::Runtime& runtime = stream.runtime();
        return {runtime, detail::windowStage(runtime, detail::closeChain(stream), length_, slide_)};
    }

private:
    Duration length_;
    std::optional<Duration> slide_;
};

/// The records of the last `windowLength`, anew every `slideInterval`.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
/// - **Takes**: two positive whole multiples of the stream's own slide, which is the batch interval
///   unless there is a window before it; `slideInterval` is the stream's slide by default. It may
///   be longer than the window: what lies between is in no window.
/// - **Time**: the window at batch time `t` holds the batches with times in `(t - windowLength,
///   t]`. Windows come at `slideInterval`, twice `slideInterval`, ... after the zero time; the
///   first ones hold what there is. In the batches between, nothing behind the window runs.
/// - **Shape**: closes the chain before it, which runs in every batch; partitions are listed oldest
///   batch first. Records neither move nor are copied.
/// - **Empty**: a window without records is an empty batch, still produced.
/// - **State**: `windowLength` of batches, with the memory under them, shared with whoever else
///   reads them. A batch that failed is missing in the windows after it. A source is told that a
///   batch is done when that batch went well, not when the last window that holds it did.
/// - **Errors**: InvalidArgument, where it is applied, for a duration that is no such multiple.
/// - **Cost**: one list of partitions per window; what `cache()` costs for the chain before it.
/// - **Source**: Spark's `DStream.window`.
[[nodiscard]] inline Window window(
    Duration windowLength, std::optional<Duration> slideInterval = std::nullopt)
{
    return {windowLength, slideInterval};
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/window.ipp>
#endif
