#pragma once

#include <sluice/engine/config.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/state.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI {

namespace engine {

class EventLog;

/// The engine behind a context: executors, clock, the stage graph and its life. Not a template.
///
/// Streams and outputs are created by one thread; the rest is safe to use from several.
class Runtime {
public:
    /// Throws InvalidArgument for a wrong option.
    explicit Runtime(const Options& options);
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    [[nodiscard]] const Options& options() const noexcept;
    [[nodiscard]] asio::any_io_executor io() const;
    [[nodiscard]] asio::any_io_executor compute() const;
    [[nodiscard]] EventLog& events() const noexcept;

    /// What keeps the executors alive while it is locked: for coroutines that nobody waits for.
    [[nodiscard]] std::weak_ptr<const void> lifetime() const;

    /// Throws IllegalState unless streams may still be created; `what` is what was called.
    void mustBeNew(std::string_view what) const;

    /// The next stable id. Throws IllegalState unless streams may still be created.
    [[nodiscard]] std::uint32_t nextId();

    /// What a new stage is called; `fused` is `name` where its loop has no other operators.
    [[nodiscard]] StageInfo newStage(std::string_view name, std::string fused = {});

    /// Registers an output operation. Throws IllegalState unless the context is new.
    void add(std::shared_ptr<Output> output);

    /// A coroutine that runs on `io` beside the sources, from the start until a stop is done with
    /// everything else; what it awaits is cancelled then.
    void addCompanion(std::function<Awaitable<void>()> companion);

    /// Every stage keeps its batches for `span` at least; see StreamingContext::remember.
    void remember(Duration span);

    void start();
    /// Asks for a stop and returns at once.
    void requestStop(Stop mode);
    /// `requestStop` for what may be at work when this is gone; it does nothing then.
    [[nodiscard]] std::function<void(Stop)> stopper() const;
    /// Asks for a stop and waits for its end, except on a thread of the engine, where it only asks.
    void stop(Stop mode);
    [[nodiscard]] State state() const;
    void awaitTermination();
    [[nodiscard]] bool awaitTerminationOrTimeout(Duration timeout);
    Awaitable<void> terminated();

    /// The plan of everything registered so far.
    [[nodiscard]] std::string explain() const;
    /// The same in the DOT language of Graphviz.
    [[nodiscard]] std::string explainDot() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

/// The time from one batch of `stage` to the next.
[[nodiscard]] Duration slideOf(const Runtime& runtime, const Stage& stage);

} // namespace engine
} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/runtime.ipp>
#endif
