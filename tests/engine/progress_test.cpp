#include <sluice/engine/progress.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using sluice::BatchCompleted, sluice::BatchStarted, sluice::BatchSubmitted, sluice::ConsoleProgress,
    sluice::Duration, sluice::Instant, sluice::Time;

namespace {
/// What a terminal was sent.
class Terminal {
public:
    [[nodiscard]] ConsoleProgress::Sink sink()
    {
        return [this](std::string_view text) {
            sent_.emplace_back(text);
            // What it then shows in its last line.
            for (char c : text) {
                if (c == '\r') {
                    column_ = 0;
                } else if (c == '\n') {
                    line_.clear();
                    column_ = 0;
                } else {
                    if (line_.size() == column_) { line_ += ' '; }
                    line_[column_++] = c;
                }
            }
        };
    }
    [[nodiscard]] const std::vector<std::string>& sent() const { return sent_; }
    [[nodiscard]] std::string line() const
    {
        return line_.substr(0, line_.find_last_not_of(' ') + 1);
    }

private:
    std::vector<std::string> sent_;
    std::string line_;
    std::size_t column_ = 0;
};

constexpr Time noon{12h};

/// The events of one batch after the other, `interval` apart.
struct Batches {
    Duration interval = 1s;
    std::chrono::nanoseconds waits = 410us;
    std::chrono::nanoseconds takes = 12'345us;

    template <class Event>
    [[nodiscard]] Event of(std::uint64_t index, std::size_t records) const
    {
        Event event;
        event.index = index;
        event.records = records;
        event.time = noon + static_cast<std::int64_t>(index) * interval;
        event.submitted = Instant{event.time};
        if constexpr (!std::is_same_v<Event, BatchSubmitted>) {
            event.started = event.submitted + waits;
        }
        if constexpr (std::is_same_v<Event, BatchCompleted>) {
            event.ended = *event.started + takes;
        }
        return event;
    }

    void run(ConsoleProgress& progress, std::uint64_t index, std::size_t records,
        const std::string& failure = {}) const
    {
        progress.onBatchSubmitted(of<BatchSubmitted>(index, records));
        progress.onBatchStarted(of<BatchStarted>(index, records));
        auto completed = of<BatchCompleted>(index, records);
        completed.failure = failure;
        progress.onBatchCompleted(completed);
    }
};
} // namespace

TEST_CASE("progress is one line about the last batch", "[engine][progress]")
{
    Terminal terminal;
    const Batches batches;
    ConsoleProgress progress{terminal.sink(), 100};
    batches.run(progress, 41, 77);
    CHECK(
        terminal.line() == "batch 41 12:00:41  - records/s  delay 410 us  took 12.3 ms  waiting 0");
    batches.run(progress, 42, 125'000);
    CHECK(terminal.line() ==
          "batch 42 12:00:42  125k records/s  delay 410 us  took 12.3 ms  waiting 0");
}

TEST_CASE("progress counts the batches that wait, from wherever it came in", "[engine][progress]")
{
    Terminal terminal;
    const Batches batches{.takes = 5s};
    ConsoleProgress progress{terminal.sink(), 100};
    progress.onBatchSubmitted(batches.of<BatchSubmitted>(7, 1));
    progress.onBatchStarted(batches.of<BatchStarted>(7, 1));
    CHECK(terminal.line() == "no batch yet  waiting 0");
    progress.onBatchSubmitted(batches.of<BatchSubmitted>(8, 1));
    progress.onBatchSubmitted(batches.of<BatchSubmitted>(9, 1));
    CHECK(terminal.line() == "no batch yet  waiting 2");
    progress.onBatchCompleted(batches.of<BatchCompleted>(7, 1));
    CHECK(terminal.line() == "batch 7 12:00:07  - records/s  delay 410 us  took 5.00 s  waiting 2");
}

TEST_CASE("progress counts the batches that failed", "[engine][progress]")
{
    Terminal terminal;
    const Batches batches;
    ConsoleProgress progress{terminal.sink(), 100};
    batches.run(progress, 0, 10, "map: 13");
    batches.run(progress, 1, 10);
    CHECK(terminal.line() ==
          "batch 1 12:00:01  1 failed  10.0 records/s  delay 410 us  took 12.3 ms  waiting 0");
}

TEST_CASE("progress counts the errors of sources", "[engine][progress]")
{
    Terminal terminal;
    const Batches batches;
    ConsoleProgress progress{terminal.sink(), 100};
    sluice::ReceiverStopped lost;
    progress.onReceiverStopped(lost); // in order
    lost.message = "no answer";
    progress.onReceiverStopped(lost);
    progress.onReceiverError({});
    CHECK(terminal.sent().empty());
    batches.run(progress, 0, 10);
    batches.run(progress, 1, 10);
    CHECK(terminal.line() == "batch 1 12:00:01  10.0 records/s  delay 410 us  took 12.3 ms  "
                             "source errors 2  waiting 0");
}

TEST_CASE("records per second are those of the interval, in three digits", "[engine][progress]")
{
    const auto rateOf = [](std::size_t records) {
        Terminal terminal;
        const Batches batches{.interval = 500ms};
        ConsoleProgress progress{terminal.sink(), 100};
        batches.run(progress, 0, 0);
        batches.run(progress, 1, records);
        const std::string line = terminal.line();
        const std::string before = "batch 1 12:00:00.500  ";
        REQUIRE(line.substr(0, before.size()) == before);
        return line.substr(before.size(), line.find(" records/s") - before.size());
    };
    CHECK(rateOf(0) == "0");
    CHECK(rateOf(1) == "2.00");
    CHECK(rateOf(499) == "998");
    CHECK(rateOf(500) == "1.00k");
    CHECK(rateOf(4'998) == "10.0k");
    CHECK(rateOf(49'980) == "100k");
    CHECK(rateOf(617'000) == "1.23M");
    CHECK(rateOf(6'170'000'000) == "12.3G");
}

TEST_CASE("a shorter line leaves nothing of a longer one", "[engine][progress]")
{
    Terminal terminal;
    ConsoleProgress progress{terminal.sink(), 100};
    Batches{.waits = 123'456us, .takes = 250ms}.run(progress, 0, 10);
    Batches{.waits = 1s, .takes = 1s}.run(progress, 1, 123);
    Batches{.waits = 1s, .takes = 1s}.run(progress, 2, 1);
    CHECK(terminal.line() ==
          "batch 2 12:00:02  1.00 records/s  delay 1.00 s  took 1.00 s  waiting 0");
    for (const auto& text : terminal.sent()) {
        CHECK(text.front() == '\r');
        CHECK(text.find('\n') == std::string::npos);
    }
}

TEST_CASE("progress is cut to the width of the terminal", "[engine][progress]")
{
    Terminal terminal;
    ConsoleProgress progress{terminal.sink(), 20};
    Batches{}.run(progress, 0, 10);
    Batches{}.run(progress, 1, 10);
    CHECK(terminal.line() == "batch 1 12:00:01  10");
    for (const auto& text : terminal.sent()) {
        CHECK(text.size() <= 21); // and a carriage return
    }
}

TEST_CASE("short batches are drawn ten times per second, and in the end", "[engine][progress]")
{
    Terminal terminal;
    const Batches batches{.interval = 1ms, .waits = 10us, .takes = 20us};
    {
        ConsoleProgress progress{terminal.sink(), 100};
        for (std::uint64_t i = 0; i < 1000; ++i) {
            batches.run(progress, i, 5);
        }
        CHECK(terminal.sent().size() == 11); // and once when the first one started
        CHECK(terminal.line().substr(0, 9) != "batch 999");
    }
    REQUIRE(terminal.sent().size() == 13);
    CHECK(terminal.sent()[11].substr(0, 23) == "\rbatch 999 12:00:00.999");
    CHECK(terminal.sent()[12] == "\n");
}

TEST_CASE("the line ends once, and nothing follows", "[engine][progress]")
{
    Terminal terminal;
    {
        ConsoleProgress progress{terminal.sink(), 100};
        Batches{}.run(progress, 0, 10);
        progress.finish();
        CHECK(terminal.sent().back() == "\n");
        const auto sent = terminal.sent().size();
        progress.finish();
        Batches{}.run(progress, 1, 10);
        CHECK(terminal.sent().size() == sent);
    }
    CHECK(terminal.sent().back() == "\n");
    CHECK(terminal.sent()[terminal.sent().size() - 2] != "\n");
}

TEST_CASE("where nothing happened nothing is shown", "[engine][progress]")
{
    Terminal terminal;
    {
        ConsoleProgress progress{terminal.sink(), 100};
    }
    CHECK(terminal.sent().empty());
}

TEST_CASE("a file is not a terminal and stays empty", "[engine][progress]")
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
    REQUIRE(file);
    {
        ConsoleProgress progress{file.get()};
        Batches{}.run(progress, 0, 10);
        progress.finish();
    }
    CHECK(std::ftell(file.get()) == 0);
}

TEST_CASE("a terminal that fails does not end the program", "[engine][progress][errors]")
{
    bool broken = false;
    {
        ConsoleProgress progress{[&broken](std::string_view) {
                                     if (broken) { throw std::runtime_error{"gone"}; }
                                 },
            100};
        Batches{}.run(progress, 0, 10);
        broken = true;
        CHECK_THROWS_AS(Batches{}.run(progress, 1, 10), std::runtime_error);
    }
    SUCCEED("its destructor threw nothing");
}

TEST_CASE("a clock that is set back does not stop the line", "[engine][progress]")
{
    Terminal terminal;
    ConsoleProgress progress{terminal.sink(), 100};
    Batches{.waits = 1s, .takes = 1s}.run(progress, 10, 10);
    Batches{.waits = -1s}.run(progress, 3, 10);
    CHECK(terminal.line() == "batch 3 12:00:03  - records/s  delay 0 ns  took 12.3 ms  waiting 0");
}

TEST_CASE("progress may be finished while batches complete", "[engine][progress][parallel]")
{
    Terminal terminal;
    ConsoleProgress progress{terminal.sink(), 100};
    {
        std::jthread engine{[&progress] {
            for (std::uint64_t i = 0; i < 500; ++i) {
                Batches{}.run(progress, i, 10);
            }
        }};
        progress.finish();
    }
    CHECK((terminal.sent().empty() || terminal.sent().back() == "\n"));
}
