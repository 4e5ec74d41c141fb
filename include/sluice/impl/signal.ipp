#pragma once

#include <sluice/engine/signal.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
template <class Handler>
class ResumableHandler final : public Continuation::Resumable {
public:
    explicit ResumableHandler(Handler handler) : handler_{std::move(handler)} {}

    void resumeHere() override
    {
        Handler handler = std::move(handler_);
        std::move(handler)();
    }
    void resumeOnItsExecutor() override
    {
        auto executor = asio::get_associated_executor(handler_);
        asio::post(executor, std::move(handler_));
    }

private:
    Handler handler_;
};
// A named type: GCC warns of lambdas inside the frames of coroutines in headers.
struct KeepContinuation {
    std::function<void(Continuation)> keeper;

    template <class Handler>
    void operator()(Handler handler) const
    {
        keeper(Continuation{std::make_unique<ResumableHandler<Handler>>(std::move(handler))});
    }
};
} // namespace detail

SLUICE_DECL asio::awaitable<void> suspend(std::function<void(Continuation)> keeper)
{
    return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        detail::KeepContinuation{std::move(keeper)}, asio::use_awaitable);
}

SLUICE_DECL asio::awaitable<void> Signal::wait(std::function<bool()> ready)
{
    return suspend([this, isReady = std::move(ready)](Continuation continuation) {
        std::unique_lock lock{mutex_};
        if (!isReady()) {
            waiting_.push_back(std::move(continuation));
        } else {
            lock.unlock();
            continuation.post();
        }
    });
}

SLUICE_DECL void Signal::notify()
{
    std::vector<Continuation> woken;
    {
        const std::lock_guard lock{mutex_};
        woken.swap(waiting_);
    }
    for (Continuation& coroutine : woken) {
        coroutine.post();
    }
}

SLUICE_DECL void Gate::arm(std::size_t count)
{
    const std::lock_guard lock{mutex_};
    left_ = count;
}

SLUICE_DECL void Gate::complete()
{
    std::vector<Continuation> woken;
    {
        const std::lock_guard lock{mutex_};
        if (left_ == 0 || --left_ > 0) { return; }
        woken.swap(waiting_);
    }
    // Whoever saw the gate open may have ended the batch, and the gate with it.
    for (Continuation& coroutine : woken) {
        coroutine.post();
    }
}

SLUICE_DECL bool Gate::isOpen()
{
    const std::lock_guard lock{mutex_};
    return left_ == 0;
}

SLUICE_DECL asio::awaitable<void> Gate::opened()
{
    return suspend([this](Continuation continuation) {
        std::unique_lock lock{mutex_};
        if (left_ > 0) {
            waiting_.push_back(std::move(continuation));
        } else {
            lock.unlock();
            continuation.post();
        }
    });
}

} // namespace sluice::inline SLUICE_ABI::engine
