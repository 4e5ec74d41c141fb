#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/signal.hpp>
#include <sluice/input/receiver_stage.hpp>
#include <sluice/input/receiver_stream.hpp> // Emitter

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// A peer of a receiver that does what a test tells it, one thing after the other. A handle: copies
/// share one script. Safe to use from several threads.
///
/// Each line of the script is carried out as soon as the engine runs: what is emitted before
/// `TestEngine::nextBatch` comes with that batch. Lines that follow a `disconnect` wait until the
/// receiver is back, after the waits of `Options::reconnect`.
template <class T>
class ScriptedSource {
public:
    /// One block, which becomes one partition; an empty one is none.
    void emit(std::vector<T> records) { add({std::move(records), Act::emit, {}}); }

    /// The connection breaks: the receiver's run ends with an error of this text.
    void disconnect(std::string message = "disconnected")
    {
        add({{}, Act::disconnect, std::move(message)});
    }

    /// The receiver comes to its end, and is not run again.
    void end() { add({{}, Act::end, {}}); }

    /// Lines that were not carried out yet.
    [[nodiscard]] std::size_t left() const
    {
        const std::lock_guard lock{script_->mutex};
        return script_->lines.size();
    }

private:
    template <class>
    friend class ScriptedStage;

    enum class Act { emit, disconnect, end };
    struct Line {
        std::vector<T> records;
        Act act;
        std::string message;
    };
    struct Script {
        std::mutex mutex;
        std::deque<Line> lines;
        engine::Signal changed;
    };

    void add(Line line)
    {
        {
            const std::lock_guard lock{script_->mutex};
            script_->lines.push_back(std::move(line));
        }
        script_->changed.notify();
    }

    std::optional<Line> take()
    {
        const std::lock_guard lock{script_->mutex};
        if (script_->lines.empty()) { return std::nullopt; }
        std::optional<Line> line{std::move(script_->lines.front())};
        script_->lines.pop_front();
        return line;
    }

    std::shared_ptr<Script> script_ = std::make_shared<Script>();
};

/// The receiver of a `ScriptedSource`. Made by `scriptedStream`.
template <class T>
class ScriptedStage final : public ReceiverStage {
public:
    ScriptedStage(engine::StageInfo&& info, const Options& options, ScriptedSource<T> source)
        : ReceiverStage{std::move(info), options}, source_{std::move(source)}
    {
    }

    void stop() override
    {
        ReceiverStage::stop();
        source_.script_->changed.notify();
    }

private:
    asio::awaitable<void> receive() override
    {
        using Act = typename ScriptedSource<T>::Act;
        while (!stopping()) {
            auto line = source_.take();
            if (!line) {
                co_await source_.script_->changed.wait(
                    std::bind_front(&ScriptedStage::mayGoOn, this));
            } else if (line->act == Act::emit) {
                co_await emitter_.emit(std::move(line->records));
            } else if (line->act == Act::disconnect) {
                throw std::runtime_error{line->message};
            } else {
                co_return;
            }
        }
    }

    [[nodiscard]] bool mayGoOn() const { return stopping() || source_.left() > 0; }

    ScriptedSource<T> source_;
    Emitter<T> emitter_{*this};
};

/// A stream of what `source` emits, by a receiver like any other: restarted with growing waits,
/// held to rates and buffers, counted.
///
/// - **Types**: `ScriptedSource<T>` to `DStream<T>`.
/// - **Shape**: a partition for each block.
/// - **Time**: a block belongs to the batch in whose interval it was emitted.
/// - **Errors**: a `disconnect` fails nothing; listeners see `ReceiverStopped` and, after the wait,
///   `ReceiverStarted`.
/// - **Source**: none in Spark.
template <class T>
[[nodiscard]] DStream<T> scriptedStream(engine::Runtime& runtime, ScriptedSource<T> source)
{
    return {runtime, engine::makeStage<ScriptedStage<T>>(
                         runtime.newStage("scriptedStream"), runtime.options(), std::move(source))};
}

} // namespace sluice::inline SLUICE_ABI::testing
