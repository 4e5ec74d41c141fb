#pragma once

#include <sluice/engine/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <optional>

namespace sluice::inline SLUICE_ABI::engine {

/// The executors of a context: those handed in, own ones for the rest. Own sockets and timers live
/// on a pool of one thread, so that Asio's erased executor is built for one kind of context only.
class OwnExecutors {
    class Threads : public asio::thread_pool {
    public:
        using thread_pool::thread_pool;

        /// Ends at once, and destroys what still waits here.
        void abandon()
        {
            stop();
            join();
            shutdown();
        }
    };

public:
    explicit OwnExecutors(const Options& options)
    {
        if (options.io) {
            ioExecutor_ = options.io.get();
        } else {
            ioExecutor_ = io_.emplace(std::size_t{1}).get_executor();
        }
        if (options.compute) {
            computeExecutor_ = options.compute.get();
        } else {
            computeExecutor_ = compute_.emplace(options.parallelism).get_executor();
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
        if (io_) { io_->join(); }
        if (compute_ && computeUnfinished) { compute_->abandon(); }
        if (compute_) { compute_->join(); }
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
    std::optional<Threads> io_;
    std::optional<Threads> compute_;
    asio::any_io_executor ioExecutor_;
    asio::any_io_executor computeExecutor_;
};

} // namespace sluice::inline SLUICE_ABI::engine
