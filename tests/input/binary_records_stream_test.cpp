#include <sluice/input/binary_records_stream.hpp>

#include <sluice/sluice.hpp>

#include "input/file_run.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::binaryRecordsStream, sluice::foreachBatch, sluice::RecordsRefused;
using sluice::test::FileRun, sluice::test::TempFolder, sluice::test::at;
using Records = std::vector<std::string>;

TEST_CASE("records of a fixed length come out of files", "[input][binary_records_stream]")
{
    const TempFolder folder;
    sluice::testing::TestEngine test{{.batchInterval = 1s}};
    auto& context = test.runtime();
    std::vector<std::uint16_t> seen;
    // [example]
    auto numbers = sluice::binaryRecordsStream(context, folder.path(), sizeof(std::uint16_t)) |
                   sluice::map([](std::string_view record) {
                       std::uint16_t number = 0;
                       std::memcpy(&number, record.data(), sizeof number);
                       return number;
                   });
    // [example]
    numbers | foreachBatch([&](const Batch<std::uint16_t>& batch) {
        seen.assign(batch.begin(), batch.end());
    });
    context.start();
    test.executor().run();
    const std::uint16_t written[] = {1, 2, 65535};
    folder.write("a", {reinterpret_cast<const char*>(written), sizeof written}, at(1s));
    test.nextBatch();
    CHECK(seen == std::vector<std::uint16_t>{1, 2, 65535});
}

TEST_CASE("what is left behind the last whole record is counted and refused",
    "[input][binary_records_stream][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "aaabbbcc", at(1s));
    folder.write("b", "dd", at(1s));
    folder.write("c", "", at(1s));
    folder.write("d", "eee", at(1s));
    run.keep(binaryRecordsStream(run.runtime(), folder.path(), 3));
    CHECK(run.next() == Records{"aaa", "bbb", "eee"});
    CHECK(run.partitions() == 3);
    CHECK(run.source().records == 3);
    CHECK(run.source().bytes == 9);
    CHECK(run.source().refused == 2);
    CHECK(run.messages<RecordsRefused>() ==
          Records{"ends of files shorter than a record of 3 bytes, in " + (folder / "a") +
                  ", and 1 more"});
}

TEST_CASE("records may be of any length", "[input][binary_records_stream]")
{
    const TempFolder folder;
    std::string bytes;
    for (int i = 0; i < 1'000'000; ++i) {
        bytes += static_cast<char>(i % 251);
    }
    folder.write("a", bytes, at(1s));
    const std::size_t length = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{262'144},
        std::size_t{262'145}, std::size_t{500'000}, std::size_t{1'000'000}, std::size_t{1'000'001},
        std::size_t{2'147'483'647});
    CAPTURE(length);
    FileRun run;
    std::string all;
    std::size_t records = 0;
    run.keep(binaryRecordsStream(run.runtime(), folder.path(), length) |
             sluice::filter([&](std::string_view record) {
                 if (record.size() == length) { ++records; }
                 all += record;
                 return false;
             }));
    run.next();
    CHECK(records == bytes.size() / length);
    CHECK(all == bytes.substr(0, records * length));
    CHECK(run.source().refused == (bytes.size() % length == 0 ? 0 : 1));
}

TEST_CASE("a large file of records is cut between them", "[input][binary_records_stream]")
{
    const TempFolder folder;
    constexpr std::size_t length = 1000;
    std::string bytes;
    for (std::size_t i = 0; i < 40'000; ++i) {
        const auto number = std::to_string(i);
        bytes += number + std::string(length - number.size(), ' ');
    }
    folder.write("a", bytes + "rest", at(1s));
    FileRun run;
    std::vector<std::size_t> numbers;
    std::size_t partitions = 0;
    binaryRecordsStream(run.runtime(), folder.path(), length) |
        sluice::map([](std::string_view record) { return std::stoul(std::string{record}); }) |
        foreachBatch([&](const Batch<std::size_t>& batch) {
            numbers.assign(batch.begin(), batch.end());
            partitions = batch.partitions().size();
        });
    run.start();
    run.next();
    CHECK(partitions == 3);
    REQUIRE(numbers.size() == 40'000);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] != i) { FAIL(i << " is " << numbers[i]); }
    }
    CHECK(run.source().refused == 1);
}

TEST_CASE(
    "records of files are the same at any parallelism", "[input][binary_records_stream][parallel]")
{
    const TempFolder folder;
    const std::string bytes(80'000, 'x');
    for (int i = 0; i < 20; ++i) {
        folder.write(std::to_string(i), bytes, std::chrono::system_clock::now());
    }
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = parallelism}};
        long records = 0;
        binaryRecordsStream(context, folder.path(), 8, {.newFilesOnly = false}) | sluice::count() |
            foreachBatch([&](const Batch<long>& batch) {
                for (const auto count : batch) {
                    records += count;
                }
                if (records > 0) { context.requestStop(sluice::Stop::graceful); }
            });
        context.start();
        context.awaitTermination();
        CHECK(records == 200'000);
    }
}

TEST_CASE(
    "a length that no record has is refused at once", "[input][binary_records_stream][errors]")
{
    FileRun run;
    const std::string message = "sluice: binaryRecordsStream(context, directory, recordLength): ";
    CHECK_THROWS_WITH((void)binaryRecordsStream(run.runtime(), "/records", 0),
        message + "0 bytes given, must be 1 to 2147483647");
    CHECK_THROWS_WITH(
        (void)binaryRecordsStream(run.runtime(), "/records", static_cast<std::size_t>(-1)),
        message + "18446744073709551615 bytes given, must be 1 to 2147483647");
    CHECK_THROWS_WITH((void)binaryRecordsStream(run.runtime(), "", 1),
        Catch::Contains("an empty directory given"));
}
