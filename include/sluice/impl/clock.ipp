#pragma once

#include <sluice/engine/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <utility>

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {
class SystemTimer final : public Timer {
public:
    SystemTimer(const asio::any_io_executor& executor, Instant epoch)
        : timer_{executor}, epoch_{epoch}
    {
    }

    asio::awaitable<void> waitUntil(Instant instant) override
    {
        timer_.expires_at(std::chrono::steady_clock::time_point{
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(instant - epoch_)});
        boost::system::error_code ignored; // a cancelled wait just ends
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    void cancel() override { timer_.cancel(); }

private:
    asio::steady_timer timer_;
    Instant epoch_;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override
    {
        return epoch_ + std::chrono::steady_clock::now().time_since_epoch();
    }

    [[nodiscard]] std::unique_ptr<Timer> makeTimer(asio::any_io_executor executor) override
    {
        return std::make_unique<SystemTimer>(executor, epoch_);
    }

private:
    Instant epoch_ = std::chrono::time_point_cast<std::chrono::nanoseconds>(
        std::chrono::system_clock::now() - std::chrono::steady_clock::now().time_since_epoch());
};
} // namespace engine::detail

SLUICE_DECL std::shared_ptr<Clock> makeSystemClock()
{
    return std::make_shared<engine::detail::SystemClock>();
}

} // namespace sluice::inline SLUICE_ABI
