// Starts contexts on real threads and stops them from random threads at random moments, in both
// ways, twice, in functions, by destructors: each of them ends, and its outputs saw batches without
// a gap. A receiver that loses its peer now and then loses no record to a graceful stop.
#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include "stress/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace sl = sluice;
using namespace std::chrono_literals;
using sluice::stress::require, sluice::stress::spin;

namespace {
/// Batches that an output saw, which have to be 0, 1, 2...
class Gapless {
public:
    void saw(std::uint64_t index)
    {
        require(index == next_, "an output saw a gap between batches, or one twice");
        ++next_;
    }
    std::uint64_t seen() const { return next_; }

private:
    std::uint64_t next_ = 0;
};

/// Emits 0, 1, 2... with pauses, and loses its peer now and then.
class Flaky {
public:
    Flaky(std::uint64_t seed, std::atomic<std::uint64_t>& emitted)
        : random_{seed}, emitted_{&emitted}
    {
    }

    asio::awaitable<void> operator()(sl::Emitter<std::uint64_t>& emitter)
    {
        for (;;) {
            const auto chance = random_() % 100;
            spin(static_cast<unsigned>(random_() % 2'000));
            const std::uint64_t next = (*emitted_)++;
            co_await emitter.emit(next);
            if (chance < 10) { co_await emitter.sleep(sl::Duration{random_() % 3}); }
            if (chance == 99) { throw std::runtime_error{"the peer went away"}; }
        }
    }

private:
    std::mt19937_64 random_;
    std::atomic<std::uint64_t>* emitted_;
};

asio::awaitable<std::uint64_t> readAll(sl::Channel<std::uint64_t> channel, std::uint64_t atMost)
{
    Gapless seen;
    while (seen.seen() < atMost) {
        const auto batch = co_await channel.next();
        if (!batch) { break; }
        seen.saw(batch->metadata().index);
    }
    co_return seen.seen();
}

void runOne(std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
    const auto mode = [&] { return chance(50) ? sl::Stop::now : sl::Stop::graceful; };

    Gapless counted;
    asio::thread_pool readers{1};
    std::future<std::uint64_t> reading;
    std::vector<std::jthread> stoppers;
    std::atomic<std::uint64_t> emitted = 0;
    std::uint64_t received = 0;
    std::atomic<bool> stoppedNow = false;
    bool lost = false;
    sl::Options options{.batchInterval = 1ms, .parallelism = 1 + random() % 4};
    options.reconnect = {.first = 1ms, .atMost = 4ms};
    options.gracefulStopTimeout = sl::Duration{chance(20) ? 0 : 10'000};
    std::optional<sl::StreamingContext> context{std::in_place, options};

    const auto numbers = context->generatorStream(
        [](std::uint64_t i) { return i; }, chance(50) ? 1'000.0 : 30'000'000.0);
    const std::uint64_t stopAt = chance(20) ? random() % 5 : ~std::uint64_t{0};
    const auto stopMode = mode();
    numbers | sl::map([](std::uint64_t i) {
        return std::pair{i % 10, std::uint64_t{1}};
    }) | sl::reduceByKey(std::plus{}) |
        sl::foreachBatch([&](const sl::Batch<std::pair<std::uint64_t, std::uint64_t>>& batch) {
            counted.saw(batch.metadata().index);
            std::uint64_t records = 0;
            for (const auto& [key, count] : batch) {
                records += count;
            }
            require(records == batch.metadata().inputs.front().records,
                "records were lost or counted twice");
            if (batch.metadata().index == stopAt) {
                if (stopMode == sl::Stop::now) { stoppedNow = true; }
                context->stop(stopMode);
            }
        });
    receiverStream<std::uint64_t>(*context, Flaky{random(), emitted}) |
        sl::map([delay = static_cast<unsigned>(random() % 500)](std::uint64_t i) {
            spin(delay);
            return i;
        }) |
        sl::foreachBatch([&](const sl::Batch<std::uint64_t>& batch) {
            for (const std::uint64_t i : batch) {
                require(i == received, "a receiver's record was lost, or came twice");
                ++received;
            }
        });
    if (chance(50)) {
        auto small = numbers | sl::filter([](std::uint64_t i) { return i % 1000 == 0; });
        const auto atMost = chance(30) ? random() % 4 : ~std::uint64_t{0};
        reading = asio::co_spawn(
            readers, readAll(small | sl::toChannel(1 + random() % 3), atMost), asio::use_future);
    }

    const bool started = !chance(5);
    if (started) { context->start(); }
    for (auto i = random() % 3; i > 0; --i) {
        stoppers.emplace_back(
            [&, work = static_cast<unsigned>(random() % 3'000'000), how = mode()] {
                spin(work);
                if (how == sl::Stop::now) { stoppedNow = true; }
                context->stop(how);
            });
    }
    const auto awaitEnd = [&] {
        try {
            context->awaitTermination();
        } catch (const sl::Error& error) {
            require(error.code() == sl::ErrorCode::stopTimeout, "a failure that nobody caused");
            lost = true;
        }
    };
    if (!stoppers.empty() && chance(50)) { awaitEnd(); }
    spin(static_cast<unsigned>(random() % 1'000'000));
    const bool ends = !stoppers.empty();
    stoppers.clear();
    if (ends) { awaitEnd(); }
    context.reset();
    if (started && ends && !lost && !stoppedNow) {
        require(received == emitted, "a graceful stop lost a record that was accepted");
    }
    if (reading.valid()) {
        try {
            (void)reading.get();
        } catch (const sl::Error& error) {
            require(error.code() == sl::ErrorCode::stopTimeout, "a failure that nobody caused");
        }
    }
}
} // namespace

int main(int argc, char** argv)
{
    sluice::stress::Run run{argc, argv};
    while (run.goesOn()) {
        runOne(run.nextSeed());
    }
    return run.end();
}
