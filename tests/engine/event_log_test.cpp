#include <sluice/engine/event_log.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <thread>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using sluice::BatchCompleted, sluice::Instant, sluice::RecordsDropped;
using sluice::engine::EventLog;

TEST_CASE("an event log keeps the newest events, oldest first", "[engine][event_log]")
{
    EventLog log{3};
    CHECK(log.since(0).empty());
    for (std::size_t i = 0; i < 5; ++i) {
        log.add(RecordsDropped{{}, i});
    }
    std::vector<std::size_t> kept;
    for (const auto& event : log.since(0)) {
        kept.push_back(std::get<RecordsDropped>(event).records);
    }
    CHECK(kept == std::vector<std::size_t>{2, 3, 4});
    CHECK(log.forgotten() == 2);
    CHECK(log.since(4).size() == 1);
    CHECK(log.since(5).empty());
}

TEST_CASE("a completed batch tells what it waited and what it took", "[engine][event_log]")
{
    BatchCompleted batch;
    batch.submitted = Instant{10ms};
    batch.started = Instant{13ms};
    batch.ended = Instant{20ms};
    CHECK(batch.schedulingDelay() == 3ms);
    CHECK(batch.processingTime() == 7ms);
    CHECK(batch.totalDelay() == 10ms);
}

TEST_CASE("events of several threads are all there", "[engine][event_log][parallel]")
{
    EventLog log;
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < 4; ++i) {
            writers.emplace_back([&log] {
                for (int n = 0; n < 500; ++n) {
                    log.add(RecordsDropped{});
                }
            });
        }
        for (int i = 0; i < 20; ++i) {
            (void)log.since(0);
        }
    }
    CHECK(log.since(0).size() == 2000);
    CHECK(log.forgotten() == 0);
}
