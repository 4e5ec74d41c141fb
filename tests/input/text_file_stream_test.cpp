#include <sluice/input/text_file_stream.hpp>

#include <sluice/sluice.hpp>

#include "input/file_run.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::foreachBatch, sluice::OffsetRange, sluice::Options;
using sluice::ReceiverError, sluice::RecordsRefused, sluice::textFileStream;
using sluice::test::FileRun, sluice::test::TempFolder, sluice::test::at;
using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

TEST_CASE(
    "the lines of files that appear are the records of their batch", "[input][text_file_stream]")
{
    const TempFolder folder;
    sluice::testing::TestEngine test{{.batchInterval = 1s}};
    auto& context = test.runtime();
    std::vector<Lines> seen;
    // [example]
    auto lines = sluice::textFileStream(context, folder.path());
    auto errors =
        lines | sluice::filter([](std::string_view line) { return line.starts_with("ERROR"); });
    // [example]
    errors | foreachBatch([&](const Batch<std::string_view>& batch) {
        seen.emplace_back(batch.begin(), batch.end());
    });
    context.start();
    test.executor().run();
    folder.write("monday.log", "INFO up\nERROR disk full\n", at(300ms));
    test.nextBatch();
    test.nextBatch();
    folder.write("tuesday.log", "ERROR disk gone", at(2500ms));
    test.nextBatch();
    CHECK(seen == std::vector<Lines>{{"ERROR disk full"}, {}, {"ERROR disk gone"}});
}

TEST_CASE(
    "lines end at LF, CR or CR LF, and the last one needs no end", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1\n2\r3\r\n\n\r\n4", at(1s));
    folder.write("b", "5\r", at(1s));
    folder.write("c", "\n6", at(1s)); // which is not the LF of a CR LF of another file's
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next() == Lines{"1", "2", "3", "", "", "4", "5", "", "6"});
    CHECK(run.partitions() == 3);
}

TEST_CASE("what was chosen are the batch's offsets, and is counted", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("b", "1\n2\n3", at(1s));
    folder.write("a", "1\n", at(1s));
    run.keep(textFileStream(run.runtime(), folder.path()));
    run.next();
    CHECK(run.offsets() ==
          std::vector<OffsetRange>{{folder / "a", 0, 0, 2}, {folder / "b", 0, 0, 5}});
    CHECK(run.source().name == "textFileStream " + folder.path().string());
    CHECK(run.source().records == 4);
    CHECK(run.source().bytes == 7);
    const auto batch = run.runtime().events().metrics().lastCompleted;
    REQUIRE(batch);
    REQUIRE(batch->inputs.size() == 1);
    CHECK(batch->inputs.front().bytes == 7);
    CHECK(batch->inputs.front().records == 0); // not known when it begins, as in Spark
    run.next();
    CHECK(run.offsets().empty());
    CHECK(run.source().records == 4);
    CHECK(run.source().errors == 0);
}

TEST_CASE(
    "an empty folder gives empty batches, and so does an empty file", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next().empty());
    CHECK(run.partitions() == 0);
    CHECK(run.messages<ReceiverError>().empty());
    folder.write("a", "", at(2s));
    folder.write("b", "", at(2s));
    CHECK(run.next().empty());
    CHECK(run.partitions() == 0);
    REQUIRE(run.messages<ReceiverError>().size() == 1);
    CHECK_THAT(run.messages<ReceiverError>().front(),
        Catch::StartsWith((folder / "a") + " is empty, and 1 more: ") &&
            Catch::EndsWith("move files into the directory when they are complete"));
    // What is written to it afterwards is not seen.
    folder.write("a", "late", at(3s));
    CHECK(run.next().empty());
}

TEST_CASE("a file that is renamed into place is read whole", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    run.keep(textFileStream(run.runtime(), folder.path()));
    folder.write(".draft", "half", at(500ms));
    CHECK(run.next().empty());
    folder.write(".draft", "half and half", at(1500ms));
    fs::rename(folder / ".draft", folder / "done");
    CHECK(run.next() == Lines{"half and half"});
}

TEST_CASE("a line longer than maxLineBytes is counted and refused", "[input][text_file_stream]")
{
    const TempFolder folder;
    Options options;
    options.maxLineBytes = 5;
    FileRun run{options};
    folder.write("a", "12345\n123456\n1\n", at(1s));
    folder.write("b", std::string(1'000'000, 'x'), at(1s)); // endless, as far as we can tell
    folder.write("c", "2", at(1s));
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next() == Lines{"12345", "1", "2"});
    CHECK(run.source().refused == 2);
    CHECK(run.source().records == 3);
    CHECK(run.messages<RecordsRefused>() ==
          Lines{"lines longer than maxLineBytes, in " + (folder / "a") + ", and 1 more"});
}

TEST_CASE("a large file is cut into partitions, and no line is lost or doubled",
    "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    std::string text;
    std::size_t lines = 0;
    std::mt19937_64 random{5};
    while (text.size() < (std::size_t{33} << 20U)) {
        text += std::to_string(lines++);
        text.append(random() % 5000, '.');
        text += random() % 2 == 0 ? "\r\n" : "\n";
    }
    folder.write("large", text, at(1s));
    std::vector<std::size_t> numbers;
    std::size_t partitions = 0;
    textFileStream(run.runtime(), folder.path()) | sluice::map([](std::string_view line) {
        return std::stoul(std::string{line.substr(0, 9)});
    }) | foreachBatch([&](const Batch<std::size_t>& batch) {
        numbers.assign(batch.begin(), batch.end());
        partitions = batch.partitions().size();
    });
    run.start();
    run.next();
    CHECK(partitions == 3);
    REQUIRE(numbers.size() == lines);
    for (std::size_t i = 0; i < lines; ++i) {
        if (numbers[i] != i) { FAIL(i << " is " << numbers[i]); }
    }
    CHECK(run.source().records == lines);
    CHECK(run.source().bytes == text.size());
}

TEST_CASE("lines cost no allocation, and files a few", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    std::size_t files = 0;
    run.keep(textFileStream(run.runtime(), folder.path()) |
             sluice::filter([](std::string_view line) { return line.empty(); }));
    // The allocations of a batch with so many files of so many lines.
    const auto cost = [&](std::size_t count, std::size_t lines) {
        std::string text;
        for (std::size_t i = 0; i < lines; ++i) {
            text += "a line\n";
        }
        for (std::size_t i = 0; i < count; ++i) {
            folder.write(std::to_string(files++), text, run.test().clock().now() + 1ms);
        }
        return sluice::test::allocationsOf([&] { run.next(); });
    };
    (void)cost(20, 10);
    const auto few = cost(10, 10);
    const auto longer = cost(10, 10'000);
    const auto many = cost(110, 10);
    if (!sluice::test::countsAllocations) { return; }
    CHECK(longer <= few + 20);
    CHECK(many <= few + 100 * 20);
}

TEST_CASE("what uses a stream twice reads twice and counts once", "[input][text_file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1\n2\n", at(1s));
    const auto lines = textFileStream(run.runtime(), folder.path());
    Lines first;
    lines | foreachBatch([&](const Batch<std::string_view>& batch) {
        first.assign(batch.begin(), batch.end());
    });
    run.keep(lines);
    CHECK(run.next() == Lines{"1", "2"});
    CHECK(first == Lines{"1", "2"});
    CHECK(run.source().records == 2);
    CHECK(run.source().bytes == 4);
}

TEST_CASE("a retry reads again and counts once", "[input][text_file_stream][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1\n2\n", at(1s));
    int failures = 2;
    run.keep(textFileStream(run.runtime(), folder.path()) |
             sluice::tap([&failures](std::string_view line) {
                 if (line == "2" && failures-- > 0) { throw std::runtime_error{"no"}; }
             }));
    CHECK(run.next() == Lines{"1", "2"});
    CHECK(run.source().records == 2);
}

TEST_CASE("a function behind it that throws is named, not the stream",
    "[input][text_file_stream][errors]")
{
    const TempFolder folder;
    Options options;
    options.maxTaskFailures = 1;
    FileRun run{options};
    folder.write("a", "1\n2\n", at(1s));
    run.keep(textFileStream(run.runtime(), folder.path()) |
             sluice::tap([](std::string_view) { throw std::runtime_error{"no"}; }));
    run.next();
    CHECK_THROWS_WITH(run.runtime().awaitTermination(),
        Catch::Contains("tap failed in batch 1000 ms, partition 0"));
}

TEST_CASE("reading is part of the loop behind it", "[input][text_file_stream]")
{
    FileRun run;
    const auto stream = textFileStream(run.runtime(), "/logs") |
                        sluice::filter([](std::string_view) { return true; });
    CHECK_THAT(stream.explain(), Catch::Contains("textFileStream /logs") &&
                                     Catch::Contains("textFileStream | flatMap | filter | ..."));
}

TEST_CASE(
    "the lines of files are the same at any parallelism", "[input][text_file_stream][parallel]")
{
    const TempFolder folder;
    const auto now = std::chrono::system_clock::now();
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += "one two three\n";
    }
    for (int i = 0; i < 40; ++i) {
        folder.write(std::to_string(i), text, now);
    }
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = parallelism}};
        long lines = 0;
        textFileStream(context, folder.path(), {.newFilesOnly = false}) | sluice::count() |
            foreachBatch([&](const Batch<long>& batch) {
                for (const auto count : batch) {
                    lines += count;
                }
                if (lines > 0) { context.requestStop(sluice::Stop::graceful); }
            });
        context.start();
        context.awaitTermination();
        CHECK(lines == 40'000);
        CHECK(context.metrics().sources.front().records == 40'000);
    }
}

TEST_CASE("a graceful stop that runs out of time says that batches of files were dropped",
    "[input][text_file_stream][errors]")
{
    const TempFolder folder;
    Options options{.batchInterval = 1s};
    options.gracefulStopTimeout = 2s;
    sluice::testing::TestEngine test{options};
    // Nobody reads the channel: it takes the first batch, and the second one waits for room.
    const auto channel = textFileStream(test.runtime(), folder.path()) | sluice::toChannel(1);
    test.runtime().start();
    test.executor().run();
    folder.write("late.txt", "a\nb\n", at(2500ms));
    for (int i = 0; i < 3; ++i) {
        test.nextBatch();
    }
    test.runtime().requestStop(sluice::Stop::graceful);
    test.executor().run();
    test.clock().advance(2s);
    test.executor().run();
    CHECK_THROWS_WITH(test.runtime().awaitTermination(),
        "sluice: stop(Stop::graceful): gracefulStopTimeout of 2000 ms is over, dropped 0 records "
        "and what files had in 2 batches");
}
