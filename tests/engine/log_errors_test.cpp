#include <sluice/engine/log_errors.hpp>

#include <sluice/input/text_file_stream.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using sluice::BatchQueue, sluice::logErrors, sluice::ReceiverError, sluice::ReceiverStarted;
using sluice::ReceiverStopped, sluice::RecordsRefused;
using sluice::testing::TestEngine;

namespace {
template <class E>
E of(const std::string& name, const std::string& message)
{
    E event;
    event.name = name;
    event.message = message;
    return event;
}

ReceiverStopped stopped(const std::string& message, bool restarts)
{
    auto event = of<ReceiverStopped>("s", message);
    event.restarts = restarts;
    return event;
}

const auto no13 = sluice::map([](int x) { return x == 13 ? throw std::domain_error{"13"} : x; });
} // namespace

TEST_CASE("errors of a source are a line each, and what is repeated is written once",
    "[engine][logErrors]")
{
    std::ostringstream out;
    const auto log = logErrors(out);
    log->onReceiverStarted({});
    for (int i = 0; i < 3; ++i) {
        log->onReceiverStopped(stopped("no answer", true));
    }
    CHECK(out.str() == "sluice: s: no answer; is tried again\n");
    log->onReceiverError(of<ReceiverError>("t", "no answer")); // of another source
    log->onReceiverStarted(of<ReceiverStarted>("s", ""));
    log->onReceiverStopped(stopped("no answer", true)); // again, and it had worked
    log->onReceiverStopped(stopped("gave up", false));
    log->onReceiverStopped(stopped("", false)); // in order
    log->onRecordsRefused(of<RecordsRefused>("s", "too long"));
    CHECK(out.str() == "sluice: s: no answer; is tried again\n"
                       "sluice: t: no answer\n"
                       "sluice: s: no answer; is tried again\n"
                       "sluice: s: gave up; is not tried again\n"
                       "sluice: s: input was refused: too long\n");
}

TEST_CASE("a batch that fails is a line, one that goes well is none", "[engine][logErrors]")
{
    std::ostringstream out;
    sluice::Options options;
    options.maxTaskFailures = 1;
    options.onBatchFailure = sluice::OnBatchFailure::proceed;
    TestEngine test{options};
    test.runtime().events().addListener(logErrors(out));
    const BatchQueue<int> queue{{1}, {13}, {2}};
    sluice::queueStream(test.runtime(), queue) | no13 |
        sluice::foreachBatch([](const sluice::Batch<int>&) {});
    test.start();
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    test.stop(sluice::Stop::now);
    CHECK(out.str() == "sluice: map failed in batch 2000 ms, partition 0, after 1 attempt: 13\n");
}

TEST_CASE("skipped and dropped records are a line", "[engine][logErrors]")
{
    std::ostringstream out;
    const auto log = logErrors(out);
    sluice::BatchCompleted batch;
    batch.time = sluice::Time{1000ms};
    batch.stages.emplace_back();
    auto& stage = batch.stages.emplace_back();
    stage.recordsSkipped = 2;
    stage.firstSkipped = "map: 13";
    log->onBatchCompleted(batch);
    sluice::RecordsDropped dropped;
    dropped.records = 7;
    dropped.batches = 2;
    log->onRecordsDropped(dropped);
    CHECK(out.str() == "sluice: batch 1000 ms, 2 records skipped: map: 13\n"
                       "sluice: 7 records in 2 batches were dropped by a graceful stop that ran "
                       "out of time\n");
}

TEST_CASE("a folder that is not there is heard of once, however many batches look for it",
    "[engine][logErrors]")
{
    std::ostringstream out;
    TestEngine test{{}};
    test.runtime().events().addListener(logErrors(out));
    sluice::textFileStream(test.runtime(), "/not/there") | sluice::count() |
        sluice::foreachBatch([](const sluice::Batch<long>&) {});
    test.start();
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    test.stop(sluice::Stop::now);
    CHECK(out.str() == "sluice: textFileStream /not/there: cannot list /not/there: No such file "
                       "or directory\n");
}
