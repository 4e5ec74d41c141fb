#include <sluice/engine/spawn.hpp>

#include <sluice/testing/deterministic_executor.hpp>

#include "support/catch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>

namespace asio = boost::asio;
using sluice::engine::Cancellation, sluice::engine::spawn;
using sluice::testing::DeterministicExecutor;

namespace {
enum class End { none, well, aborted, failed };

End endOf(const std::exception_ptr& failure)
{
    if (!failure) { return End::well; }
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted ? End::aborted : End::failed;
    } catch (...) {
        return End::failed;
    }
}

/// Is suspended so many times.
asio::awaitable<void> steps(int number, bool& began)
{
    began = true;
    for (int i = 0; i < number; ++i) {
        co_await asio::post(asio::use_awaitable);
    }
}

asio::awaitable<void> fail()
{
    throw std::domain_error{"it"};
    co_return;
}

/// Calls `run(handlers, suspensions)` for so many handlers before a cancellation, beyond the end.
template <class Run>
void atEachStep(Run run)
{
    for (const int suspensions : {0, 1, 3}) {
        for (std::size_t handlers = 0; handlers < 8; ++handlers) {
            CAPTURE(suspensions, handlers);
            run(handlers, suspensions);
        }
    }
}

void runSome(DeterministicExecutor& executor, std::size_t handlers)
{
    for (std::size_t i = 0; i < handlers; ++i) {
        (void)executor.runOne();
    }
}
} // namespace

TEST_CASE("who spawned a coroutine is told how it ended", "[engine][spawn]")
{
    DeterministicExecutor executor;
    Cancellation cancellation;
    Cancellation* const used = GENERATE(false, true) ? &cancellation : nullptr;
    bool began = false;
    End first = End::none;
    End second = End::none;
    spawn(
        executor.executor(), steps(2, began), [&](auto failure) { first = endOf(failure); }, used);
    CHECK_FALSE(began);
    executor.run();
    spawn(
        executor.executor(), fail(), [&](auto failure) { second = endOf(failure); }, used);
    executor.run();
    CHECK(began);
    CHECK(first == End::well);
    CHECK(second == End::failed);
}

TEST_CASE("what is cancelled before it begins does not begin", "[engine][spawn]")
{
    DeterministicExecutor executor;
    Cancellation cancellation;
    const bool beforeIt = GENERATE(false, true);
    bool began = false;
    int ends = 0;
    End end = End::none;
    if (beforeIt) { cancellation.cancel(); }
    spawn(
        executor.executor(), steps(1, began),
        [&](auto failure) {
            ++ends;
            end = endOf(failure);
        },
        &cancellation);
    if (!beforeIt) { cancellation.cancel(); }
    CHECK_NOTHROW(executor.run());
    CHECK_FALSE(began);
    CHECK(ends == 1);
    CHECK(end == End::aborted);
}

TEST_CASE("a cancellation is for one coroutine, at whatever step it comes", "[engine][spawn]")
{
    atEachStep([](std::size_t handlers, int suspensions) {
        DeterministicExecutor executor;
        Cancellation cancellation;
        bool began = false;
        bool beganSecond = false;
        End first = End::none;
        End second = End::none;
        const auto again = [&](auto failure) {
            first = endOf(failure);
            spawn(
                executor.executor(), steps(2, beganSecond),
                [&](auto failureOfSecond) { second = endOf(failureOfSecond); }, &cancellation);
        };
        spawn(executor.executor(), steps(suspensions, began), again, &cancellation);
        runSome(executor, handlers);
        const bool forFirst = first == End::none;
        cancellation.cancel();
        CHECK_NOTHROW(executor.run());
        CHECK(began == (handlers > 0));
        if (forFirst) {
            CHECK(second == End::well);
        } else {
            CHECK(first == End::well);
            CHECK(second != End::none);
        }
    });
}

TEST_CASE("a cancellation may go when its coroutine has ended, although it has just been used",
    "[engine][spawn]")
{
    atEachStep([](std::size_t handlers, int suspensions) {
        DeterministicExecutor executor;
        auto cancellation = std::make_unique<Cancellation>();
        bool began = false;
        End end = End::none;
        const auto forget = [&](auto failure) {
            end = endOf(failure);
            cancellation.reset();
        };
        spawn(executor.executor(), steps(suspensions, began), forget, cancellation.get());
        runSome(executor, handlers);
        std::optional<std::size_t> left;
        if (cancellation) {
            cancellation->cancel();
            while (cancellation) {
                REQUIRE(executor.runOne());
            }
            left = executor.run();
        }
        CHECK(end != End::none);
        CHECK(left.value_or(0) == 0); // nothing is left that would look at it
    });
}
