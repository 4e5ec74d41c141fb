#pragma once

#include <sluice/engine/signal.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::test {

/// Where asynchronous calls wait until a test answers them. A call that is cancelled goes away. For
/// one thread; needs no time and no reactor.
class Desk {
    using Channel =
        boost::asio::experimental::concurrent_channel<void(boost::system::error_code, int)>;

    struct Waiting {
        int record;
        std::shared_ptr<Channel> answer;
    };

public:
    /// Waits for the answer to `record`.
    boost::asio::awaitable<int> ask(int record)
    {
        auto answer = std::make_shared<Channel>(co_await boost::asio::this_coro::executor, 1);
        waiting_.push_back({record, answer});
        asked_.push_back(record);
        const Leaving leaving{*this, *answer};
        co_return co_await answer->async_receive(boost::asio::use_awaitable);
    }

    void answer(int record, int result)
    {
        const auto at = std::find_if(waiting_.begin(), waiting_.end(),
            [record](const Waiting& each) { return each.record == record; });
        at->answer->try_send(boost::system::error_code{}, result);
    }

    /// The records whose calls wait, in the order in which they came.
    [[nodiscard]] std::vector<int> waiting() const
    {
        std::vector<int> records;
        for (const Waiting& each : waiting_) {
            records.push_back(each.record);
        }
        return records;
    }

    /// The records of all calls so far.
    [[nodiscard]] const std::vector<int>& asked() const noexcept { return asked_; }

private:
    struct Leaving {
        Desk& desk;
        Channel& answer;

        Leaving(Desk& where, Channel& what) : desk{where}, answer{what} {}
        Leaving(const Leaving&) = delete;
        Leaving& operator=(const Leaving&) = delete;
        ~Leaving()
        {
            std::erase_if(desk.waiting_,
                [this](const Waiting& each) { return each.answer.get() == &answer; });
        }
    };

    std::vector<Waiting> waiting_;
    std::vector<int> asked_;
};

} // namespace sluice::test
