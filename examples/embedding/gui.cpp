// A window that shows what a context counts, and closes without ever blocking its thread.

#include <sluice/sluice.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <iostream>
#include <mutex>
#include <utility>

namespace sl = sluice;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
/// Stands for the main loop of a toolkit. Its `post` is what they call QMetaObject::invokeMethod,
/// g_idle_add or PostMessage: a function is to be called on the GUI thread soon.
class MainLoop {
public:
    void post(std::function<void()> task)
    {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
        changed_.notify_one();
    }

    void run()
    {
        while (!quit_) {
            next()();
        }
    }

    /// On the GUI thread.
    void quit() { quit_ = true; }

private:
    std::function<void()> next()
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !tasks_.empty(); });
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool quit_ = false;
};

/// All of it lives on the GUI thread, but for what `foreachBatch` and `co_spawn` are given.
class Window {
public:
    explicit Window(MainLoop& loop) : loop_{loop}
    {
        const auto isEven = [](std::uint64_t number) { return number % 2 == 0; };
        const auto showSoon = [this](const sl::Batch<std::int64_t>& count) {
            loop_.post([this, count] { show(*count.begin()); }); // a batch may be kept
        };
        const auto itself = [](std::uint64_t index) { return index; };
        context_.generatorStream(itself, 1000) | sl::filter(isEven) | sl::count() |
            sl::foreachBatch(showSoon);
        context_.start();
        asio::co_spawn(
            context_.io(), context_.terminated(), [this](const std::exception_ptr& failure) {
                loop_.post([this, failure] { stopped(failure); });
            });
    }

    /// The user clicks: only asks, so that the window goes on to be drawn.
    void close() { context_.requestStop(sl::Stop::graceful); }

private:
    void show(std::int64_t count)
    {
        ++shown_;
        if (shown_ <= 3) { std::cout << count << " even numbers\n"; }
        if (shown_ == 3) { close(); }
    }

    /// The last that comes from the context: from here on the window may be destroyed.
    void stopped(const std::exception_ptr& failure)
    {
        std::cout << (failure ? "failed\n" : "stopped\n");
        loop_.quit();
    }

    MainLoop& loop_;
    int shown_ = 0;
    sl::StreamingContext context_{{.batchInterval = 20ms}};
};
} // namespace

int main()
{
    MainLoop loop;
    Window window{loop};
    loop.run();
}
