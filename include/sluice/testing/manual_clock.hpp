#pragma once

#include <sluice/engine/clock.hpp>
#include <sluice/engine/signal.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// A clock that stands still until a test sets it forward. Safe to use from several threads.
class ManualClock final : public Clock {
public:
    /// Starts at `now`, by default at the epoch, so that the first batch time is one interval.
    explicit ManualClock(Instant now = Instant{}) : state_{std::make_shared<State>(now)} {}

    [[nodiscard]] Instant now() const override { return state_->now(); }

    /// Sets the clock forward; what waits until then goes on.
    void advance(std::chrono::nanoseconds by) { state_->advance(by); }

    [[nodiscard]] std::unique_ptr<Timer> makeTimer(asio::any_io_executor) override
    {
        return std::make_unique<ManualTimer>(state_);
    }

private:
    class State {
    public:
        explicit State(Instant now) : now_{now} {}

        Instant now() const
        {
            const std::lock_guard lock{mutex_};
            return now_;
        }
        void advance(std::chrono::nanoseconds by)
        {
            {
                const std::lock_guard lock{mutex_};
                now_ += by;
            }
            changed_.notify();
        }
        engine::Signal& changed() { return changed_; }

    private:
        mutable std::mutex mutex_;
        Instant now_;
        engine::Signal changed_;
    };

    class ManualTimer final : public Timer {
    public:
        explicit ManualTimer(std::shared_ptr<State> state) : state_{std::move(state)} {}

        asio::awaitable<void> waitUntil(Instant instant) override
        {
            const auto state = state_; // the timer may be gone when the wait ends
            const auto ended = std::make_shared<std::pair<Instant, bool>>(instant, false);
            wait_ = ended;
            while (!isOver(*state, *ended)) {
                co_await state->changed().wait(
                    std::bind_front(&ManualTimer::isOver, std::cref(*state), std::cref(*ended)));
            }
        }

        void cancel() override
        {
            if (auto wait = wait_.lock()) { wait->second = true; }
            state_->changed().notify();
        }

    private:
        static bool isOver(const State& state, const std::pair<Instant, bool>& wait)
        {
            return wait.second || state.now() >= wait.first;
        }

        std::shared_ptr<State> state_;
        std::weak_ptr<std::pair<Instant, bool>> wait_;
    };

    std::shared_ptr<State> state_;
};

} // namespace sluice::inline SLUICE_ABI::testing
