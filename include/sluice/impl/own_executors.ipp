#pragma once

#include <sluice/engine/options.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <optional>
#include <thread>

namespace sluice::inline SLUICE_ABI::engine {

/// The executors of a context: those handed in, own ones for the rest.
class OwnExecutors {
public:
    explicit OwnExecutors(const Options& options)
        : parallelism_{options.parallelism}, io_{options.io}, compute_{options.compute}
    {
        if (!io_) { io_ = context_.emplace(1).get_executor(); }
        ownCompute_ = !compute_;
        // The calling thread of a stage works too, so the pool is not one larger than asked.
        if (ownCompute_) { compute_ = pool_.emplace(parallelism_).get_executor(); }
    }

    OwnExecutors(const OwnExecutors&) = delete;
    OwnExecutors& operator=(const OwnExecutors&) = delete;
    ~OwnExecutors() { join(); }

    void start()
    {
        if (!context_) { return; }
        work_.emplace(context_->get_executor());
        thread_ = std::thread{[this] { context_->run(); }};
    }

    /// Ends and joins the own threads. Nothing may run on them any more but what ends by itself.
    void join()
    {
        work_.reset();
        if (thread_.joinable()) { thread_.join(); }
        if (pool_) { pool_->join(); }
    }

    [[nodiscard]] asio::any_io_executor io() const { return io_; }
    [[nodiscard]] asio::any_io_executor compute() const { return compute_; }
    [[nodiscard]] bool ownCompute() const { return ownCompute_; }

private:
    std::size_t parallelism_;
    std::optional<asio::io_context> context_;
    std::optional<asio::thread_pool> pool_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    std::thread thread_;
    asio::any_io_executor io_;
    asio::any_io_executor compute_;
    bool ownCompute_ = false;
};

} // namespace sluice::inline SLUICE_ABI::engine
