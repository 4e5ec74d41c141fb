#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/options.hpp>
#include <sluice/engine/skipped_records.hpp> // textOf

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::engine {

/// The executors of a context: those handed in, own ones for the rest. Own sockets and timers live
/// on a pool of one thread, so that Asio's erased executor is built for one kind of context only.
class OwnExecutors {
    /// A pool of threads that are started here: Asio's constructor waits for ever where the system
    /// refuses one of several.
    class Threads : public asio::thread_pool {
    public:
        /// Throws what std::thread does where the system refuses a thread.
        explicit Threads(std::size_t count) : thread_pool{ofAsio(count)}
        {
            try {
                while (threads_.size() + ofAsio(count) < count) {
                    threads_.emplace_back([this] { attach(); });
                }
            } catch (...) {
                end();
                throw;
            }
        }
        Threads(const Threads&) = delete;
        Threads& operator=(const Threads&) = delete;
        ~Threads() { end(); }

        /// Waits until nothing is left to do here.
        void finish()
        {
            if (!std::exchange(finished_, true)) { wait(); }
            for (std::thread& thread : threads_) {
                thread.join();
            }
            threads_.clear();
        }

        /// Ends at once, and destroys what still waits here.
        void abandon()
        {
            end();
            shutdown();
        }

    private:
        /// How many threads Asio starts: a pool that is told to be of one saves itself locks.
        static std::size_t ofAsio(std::size_t count) { return count == 1 ? 1 : 0; }

        void end()
        {
            stop();
            finish();
        }

        std::vector<std::thread> threads_;
        bool finished_ = false;
    };

public:
    explicit OwnExecutors(const Options& options)
    {
        if (options.io) {
            ioExecutor_ = options.io.get();
        } else {
            ioExecutor_ = start(io_, 1);
        }
        if (options.compute) {
            computeExecutor_ = options.compute.get();
        } else {
            computeExecutor_ = start(compute_, options.parallelism);
        }
    }

    OwnExecutors(const OwnExecutors&) = delete;
    OwnExecutors& operator=(const OwnExecutors&) = delete;
    ~OwnExecutors() { end(false, false); }

    /// Waits for the own threads. What still waits there ends by itself, or is destroyed where it
    /// would not.
    void end(bool ioUnfinished, bool computeUnfinished)
    {
        if (io_ && ioUnfinished) { io_->abandon(); }
        if (io_) { io_->finish(); }
        if (compute_ && computeUnfinished) { compute_->abandon(); }
        if (compute_) { compute_->finish(); }
    }

    /// Whether this thread is an own one.
    [[nodiscard]] bool runsHere()
    {
        return (io_ && io_->get_executor().running_in_this_thread()) ||
               (compute_ && compute_->get_executor().running_in_this_thread());
    }

    [[nodiscard]] asio::any_io_executor io() const { return ioExecutor_; }
    [[nodiscard]] asio::any_io_executor compute() const { return computeExecutor_; }
    [[nodiscard]] bool ownCompute() const { return compute_.has_value(); }

private:
    static asio::any_io_executor start(std::optional<Threads>& pool, std::size_t threads)
    {
        try {
            return pool.emplace(threads).get_executor();
        } catch (const std::exception& error) {
            throw InvalidArgument{"sluice: parallelism: the system does not let " +
                                  std::to_string(threads) +
                                  " more threads start: " + textOf(error)};
        }
    }

    std::optional<Threads> io_;
    std::optional<Threads> compute_;
    asio::any_io_executor ioExecutor_;
    asio::any_io_executor computeExecutor_;
};

} // namespace sluice::inline SLUICE_ABI::engine
