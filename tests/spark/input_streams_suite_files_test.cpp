#include <sluice/input/binary_records_stream.hpp>
#include <sluice/input/file_stream.hpp>
#include <sluice/input/text_file_stream.hpp>

#include "spark/spark_case.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The cases of Spark Streaming's InputStreamsSuite that read files, with their batch duration of
// two seconds (one for wildcards) on a clock that stands still.

using namespace std::chrono_literals;
using sluice::Batch, sluice::foreachBatch, sluice::Options, sluice::textFileStream;
using sluice::test::SparkCase, sluice::test::TempFolder, sluice::test::World, sluice::test::at;
namespace fs = std::filesystem;

namespace {
using Lines = std::vector<std::string>;

constexpr auto batchDuration = 2s;

/// A folder, a clock and a stream of lines. As in Spark's cases the clock begins at the time of an
/// existing file plus one second.
class Case {
public:
    explicit Case(sluice::Duration interval = batchDuration) : interval_{interval}
    {
        world_.clock().advance(10'000s);
        folder_.write("0", "0\n", now());
        world_.clock().advance(1s);
    }

    [[nodiscard]] const TempFolder& folder() const { return folder_; }
    [[nodiscard]] sluice::Instant now() { return world_.clock().now(); }
    [[nodiscard]] const std::vector<Lines>& batches() const { return *batches_; }

    /// All lines so far, in order of their text.
    [[nodiscard]] Lines all() const
    {
        Lines lines;
        for (const auto& batch : *batches_) {
            lines.insert(lines.end(), batch.begin(), batch.end());
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    template <class MakeStream>
    void start(MakeStream makeStream)
    {
        spark_ = std::make_unique<SparkCase>(world_, Options{.batchInterval = interval_});
        makeStream(spark_->context()) | foreachBatch([this](const Batch<std::string_view>& batch) {
            batches_->emplace_back(batch.begin(), batch.end());
        });
        spark_->start();
        // So that files are younger than the stream, but not enough for a batch.
        world_.pass(interval_ / 4);
    }
    void startText(const std::string& directory, sluice::FileStreamOptions options = {})
    {
        start([&](sluice::StreamingContext& context) {
            return textFileStream(context, directory, std::move(options));
        });
    }
    /// Advances the clock by one batch.
    void nextBatch() { world_.pass(interval_); }

    /// Spark's cases write a file, give it the clock's time and advance by a batch.
    void writeAndAdvance(int number)
    {
        const auto text = std::to_string(number);
        folder_.write(text, text + '\n', now());
        nextBatch();
    }

private:
    TempFolder folder_;
    World world_;
    sluice::Duration interval_;
    std::shared_ptr<std::vector<Lines>> batches_ = std::make_shared<std::vector<Lines>>();
    std::unique_ptr<SparkCase> spark_; // goes before what its functions refer to
};
} // namespace

TEST_CASE("file input stream - newFilesOnly = true", "[spark][files]")
{
    Case spark;
    spark.startText(spark.folder().path()); // the default
    for (int i = 1; i <= 5; ++i) {
        spark.writeAndAdvance(i);
    }
    CHECK(spark.all() == Lines{"1", "2", "3", "4", "5"});
}

TEST_CASE("file input stream - newFilesOnly = false", "[spark][files]")
{
    Case spark;
    spark.startText(spark.folder().path(), {.newFilesOnly = false});
    for (int i = 1; i <= 5; ++i) {
        spark.writeAndAdvance(i);
    }
    CHECK(spark.all() == Lines{"0", "1", "2", "3", "4", "5"});
}

TEST_CASE("binary records stream", "[spark][files]")
{
    Case spark;
    constexpr std::size_t numRecords = 1; // of one byte, as in Spark's case
    spark.start([&](sluice::StreamingContext& context) {
        return sluice::binaryRecordsStream(context, spark.folder().path(), numRecords);
    });
    for (char i = 1; i <= 5; ++i) {
        const std::string byte(1, i);
        spark.folder().write("record" + std::to_string(i), byte, spark.now());
        spark.nextBatch();
        REQUIRE(spark.batches().size() == static_cast<std::size_t>(i));
        CHECK(spark.batches().back() == Lines{byte});
    }
}

TEST_CASE("file input stream - wildcard", "[spark][files]")
{
    Case spark{1s};
    const auto& folder = spark.folder();
    fs::create_directory(folder / "subdir1");
    fs::create_directory(folder / "subdir2");
    spark.startText(folder / "*");
    const auto createFileAndAdvanceTime = [&](int data, const std::string& directory) {
        const auto text = std::to_string(data);
        folder.write(directory + '/' + text, text + '\n', spark.now());
        spark.nextBatch();
    };
    // Over time, create files in the temp directory 1: only nested files in level 1.
    for (int i = 1; i <= 5; ++i) {
        createFileAndAdvanceTime(i, "subdir1");
    }
    CHECK(spark.all() == Lines{"1", "2", "3", "4", "5"});
    // In the second, and in both.
    for (int i = 6; i <= 9; ++i) {
        createFileAndAdvanceTime(i, i % 2 == 0 ? "subdir2" : "subdir1");
    }
    CHECK(spark.all() == Lines{"1", "2", "3", "4", "5", "6", "7", "8", "9"});
    // A file that matches the pattern itself is not read.
    createFileAndAdvanceTime(10, ".");
    CHECK(spark.all().size() == 9);
}

TEST_CASE("Modified files are correctly detected.", "[spark][files]")
{
    Case spark;
    const auto& folder = spark.folder();
    spark.startText(folder.path());
    // Each file is seen in one batch, that of its time, however often the folder is listed.
    folder.write("a", "1\n", spark.now() + 500ms);
    folder.write("b", "2\n", spark.now() + 2500ms);
    spark.nextBatch();
    CHECK(spark.batches().back() == Lines{"1"});
    spark.nextBatch();
    CHECK(spark.batches().back() == Lines{"2"});
    // Modified after it was read: its path is remembered, and so it is not seen.
    folder.write("a", "1\n3\n", spark.now() + 500ms);
    spark.nextBatch();
    CHECK(spark.batches().back().empty());
    // Modified before it was read: the last time counts.
    folder.write("c", "4\n", spark.now() + 500ms);
    folder.touch("c", spark.now() + 2500ms);
    spark.nextBatch();
    CHECK(spark.batches().back().empty());
    spark.nextBatch();
    CHECK(spark.batches().back() == Lines{"4"});
}

TEST_CASE("nested directories are not read", "[spark][files]")
{
    Case spark;
    const auto& folder = spark.folder();
    spark.startText(folder.path());
    folder.write("nested/a", "1\n", spark.now() + 500ms);
    folder.touch("nested", spark.now() + 500ms);
    folder.write("b", "2\n", spark.now() + 500ms);
    spark.nextBatch();
    CHECK(spark.all() == Lines{"2"});
}

TEST_CASE("file input stream - files that are renamed into place", "[spark][files]")
{
    Case spark;
    const auto& folder = spark.folder();
    spark.startText(folder.path());
    folder.write(".1.tmp", "1\n", spark.now() + 500ms);
    spark.nextBatch();
    CHECK(spark.all().empty()); // hidden
    fs::rename(folder / ".1.tmp", folder / "1");
    spark.nextBatch(); // its time is that of its last write, which is not older than a minute
    CHECK(spark.all() == Lines{"1"});
}
