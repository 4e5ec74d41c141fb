#pragma once

#include <sluice/engine/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// Runs what is posted to it on the calling thread, one handler at a time, in an order that a seed
/// decides and that is the same each time. Seed 0 keeps the order of arrival. For one thread.
class DeterministicExecutor : public asio::execution_context {
public:
    explicit DeterministicExecutor(std::uint64_t seed = 0) : seed_{seed}, random_{seed} {}
    DeterministicExecutor(const DeterministicExecutor&) = delete;
    DeterministicExecutor& operator=(const DeterministicExecutor&) = delete;
    ~DeterministicExecutor()
    {
        // Handlers first: they hold what belongs to services, and may let go of more handlers.
        drop();
        shutdown();
        drop();
        destroy();
    }

    class Executor {
    public:
        explicit Executor(DeterministicExecutor& context) : context_{&context} {}

        template <class F>
        void execute(F function) const
        {
            context_->waiting_.push_back(std::make_unique<Function<F>>(std::move(function)));
        }

        DeterministicExecutor& query(asio::execution::context_t) const noexcept
        {
            return *context_;
        }
        static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
        {
            return asio::execution::blocking.never;
        }
        friend bool operator==(const Executor& a, const Executor& b) noexcept
        {
            return a.context_ == b.context_;
        }

    private:
        DeterministicExecutor* context_;
    };

    [[nodiscard]] asio::any_io_executor executor() { return Executor{*this}; }

    /// Runs one handler; false where there is none.
    bool runOne()
    {
        if (waiting_.empty()) { return false; }
        std::size_t chosen = 0;
        if (seed_ != 0) { chosen = random_() % waiting_.size(); }
        auto handler = std::move(waiting_[chosen]);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(chosen));
        handler->run();
        return true;
    }

    /// Runs handlers until none is left; says how many.
    std::size_t run()
    {
        std::size_t count = 0;
        while (runOne()) {
            ++count;
        }
        return count;
    }

    /// Destroys what waits here without running it.
    void drop()
    {
        while (!waiting_.empty()) {
            std::exchange(waiting_, {}).clear();
        }
    }

private:
    class Handler {
    public:
        virtual ~Handler() = default;
        virtual void run() = 0;
    };
    template <class F>
    class Function final : public Handler {
    public:
        explicit Function(F function) : function_{std::move(function)} {}
        void run() override { std::move(function_)(); }

    private:
        F function_;
    };

    std::vector<std::unique_ptr<Handler>> waiting_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
};

} // namespace sluice::inline SLUICE_ABI::testing
