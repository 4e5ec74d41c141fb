#include <sluice/input/file_stream.hpp>

#include <sluice/sluice.hpp>

#include "input/file_run.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::FileInput, sluice::FileReader, sluice::fileStream, sluice::FileStreamOptions;
using sluice::ReceiverError, sluice::RecordsRefused;
using sluice::test::FileRun, sluice::test::TempFolder, sluice::test::at;
using Records = std::vector<std::string>;

namespace {
// [example]
/// Each file is one record: its path and what it holds. Large ones are refused.
struct SmallFiles {
    using Record = std::pair<std::string, std::string>;
    std::size_t atMost;

    void read(sluice::FileInput& file, auto& emit) const
    {
        if (file.size() > atMost) { return file.refuse(); }
        std::string text(static_cast<std::size_t>(file.size()), '\0');
        const std::size_t bytes = file.read(text);
        text.resize(bytes); // where the file has shrunk
        emit({std::string{file.path()}, std::move(text)});
    }
};
// [example]

/// Records of one byte, read three at a time, as views into a buffer that is used again.
struct Bytes {
    using Record = std::string_view;

    void read(FileInput& file, auto& emit) const
    {
        std::array<char, 3> buffer{};
        for (std::size_t bytes = file.read(buffer); bytes > 0; bytes = file.read(buffer)) {
            for (const char& byte : std::span{buffer}.first(bytes)) {
                const std::string_view record{&byte, 1};
                emit(record);
            }
        }
    }
};

/// Says what a run of it does not like.
struct Fussy {
    using Record = std::string;
    std::shared_ptr<int> failures;

    void read(FileInput& file, auto& emit) const
    {
        emit(std::string{file.path().substr(file.path().rfind('/') + 1)});
        if ((*failures)-- > 0) { throw std::runtime_error{"cannot make sense of it"}; }
    }
};

struct NoRecord {
    void read(FileInput&, auto&) const {}
};
struct WrongRecord {
    using Record = int;
    void read(FileInput&, auto& emit) const
        requires requires { emit(std::string{}); }
    {
    }
};

static_assert(FileReader<SmallFiles> && FileReader<Bytes> && FileReader<Fussy>);
static_assert(!FileReader<NoRecord> && !FileReader<WrongRecord> && !FileReader<int>);
} // namespace

TEST_CASE("a reader makes records of whole files", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("small", "text", at(1s));
    folder.write("large", "more text", at(1s));
    run.keep(fileStream(run.runtime(), folder.path(), SmallFiles{5}) | sluice::values);
    CHECK(run.next() == Records{"text"});
    CHECK(run.source().records == 1);
    CHECK(run.source().bytes == 4);
    CHECK(run.source().refused == 1);
    CHECK(run.messages<RecordsRefused>() ==
          Records{"records that the reader refused, in " + (folder / "large")});
}

TEST_CASE("views that a reader gives are copied where they are kept", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "12345", at(1s));
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}));
    CHECK(run.next() == Records{"1", "2", "3", "4", "5"});
    CHECK(run.source().bytes == 5);
}

TEST_CASE("a file is one partition, however many there are", "[input][file_stream]")
{
    const TempFolder folder;
    for (const std::size_t files : {0U, 1U, 2U, 3U, 8U}) {
        FileRun run;
        if (files > 0) { folder.write(std::to_string(files), "1", at(1s)); }
        run.keep(fileStream(run.runtime(), folder.path(), Bytes{}));
        run.next();
        CHECK(run.partitions() == static_cast<std::size_t>(std::distance(
                                      std::filesystem::directory_iterator{folder.path()}, {})));
    }
}

TEST_CASE("a reader that throws is run again, and names the stream in the end",
    "[input][file_stream][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1", at(1s));
    const auto failures = std::make_shared<int>(3);
    run.keep(fileStream(run.runtime(), folder.path(), Fussy{failures}));
    CHECK(run.next() == Records{"a"});
    CHECK(run.source().records == 1);
    folder.write("b", "1", at(2s));
    *failures = 4;
    run.next();
    CHECK_THROWS_WITH(
        run.runtime().awaitTermination(), Catch::Contains("fileStream failed in batch 2000 ms") &&
                                              Catch::EndsWith("cannot make sense of it"));
}

TEST_CASE("the options of a stream of files are heard", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    run.test().clock().advance(100s);
    folder.write("old.log", "o", at(90s));
    folder.write("old.txt", "x", at(90s));
    folder.write("older.log", "p", at(50s));
    FileStreamOptions options;
    options.filter = [](std::string_view path) { return path.ends_with(".log"); };
    options.newFilesOnly = false;
    options.minRememberDuration = 20s;
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}, options));
    CHECK(run.next() == Records{"o"});
}

TEST_CASE(
    "files from before the stream was made are left out by a stream too", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    run.test().clock().advance(100s + 500ms);
    folder.write("before", "b", at(100s + 500ms));
    folder.write("after", "a", at(100s + 501ms));
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}));
    CHECK(run.next() == Records{"a"});
}

TEST_CASE("a graceful stop takes what is there", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}));
    folder.write("a", "1", at(500ms));
    run.test().stop(sluice::Stop::graceful);
    CHECK(run.batches() == std::vector<Records>{{"1"}});
}

TEST_CASE("a directory that is not there is an error a batch, and never fatal",
    "[input][file_stream][errors]")
{
    const TempFolder folder;
    FileRun run;
    run.keep(fileStream(run.runtime(), folder / "later", Bytes{}));
    CHECK(run.next().empty());
    CHECK(run.next().empty());
    CHECK(run.source().errors == 2);
    CHECK(run.messages<ReceiverError>().front() ==
          "cannot list " + (folder / "later") + ": No such file or directory");
    folder.write("later/a", "1", at(2500ms));
    CHECK(run.next() == Records{"1"});
}

TEST_CASE("looking through a directory for longer than an interval is heard of",
    "[input][file_stream][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1", at(1s));
    FileStreamOptions options;
    options.filter = [&, first = true](std::string_view) mutable {
        if (std::exchange(first, false)) { run.test().clock().advance(1001ms); }
        return true;
    };
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}, std::move(options)));
    CHECK(run.next().empty()); // the clock has brought about another batch already
    CHECK(run.batches() == std::vector<Records>{{"1"}, {}});
    CHECK(run.messages<ReceiverError>() ==
          Records{"listing took 1001 ms, longer than the batch interval of 1000 ms"});
}

TEST_CASE("a filter may ask for a stop", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1", at(1s));
    FileStreamOptions options;
    options.filter = [&](std::string_view) {
        run.runtime().stop(sluice::Stop::now); // only asks there
        return true;
    };
    run.keep(fileStream(run.runtime(), folder.path(), Bytes{}, std::move(options)));
    run.next();
    CHECK(run.runtime().state() == sluice::State::stopped);
}

TEST_CASE("streams of files in one context are told apart", "[input][file_stream]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a/1", "x", at(1s));
    folder.write("b/1", "yz", at(1s));
    const auto a = fileStream(run.runtime(), folder / "a", Bytes{});
    const auto b = fileStream(run.runtime(), folder / "b", Bytes{});
    run.keep(sluice::DStream<std::string_view>{a} | sluice::union_(b));
    CHECK(run.next() == Records{"x", "y", "z"});
    const auto sources = run.runtime().events().metrics().sources;
    REQUIRE(sources.size() == 2);
    CHECK(sources[0].records == 1);
    CHECK(sources[1].records == 2);
    CHECK(run.offsets().size() == 2);
}

TEST_CASE("wrong options of a stream of files are refused at once", "[input][file_stream][errors]")
{
    FileRun run;
    CHECK_THROWS_WITH((void)fileStream(run.runtime(), "", Bytes{}),
        "sluice: fileStream(context, directory): an empty directory given, must be a path, in "
        "which "
        "wildcards may stand");
    for (const std::string scheme : {"file://", "hdfs://", "s3a://"}) {
        CHECK_THROWS_WITH((void)fileStream(run.runtime(), scheme + "/logs", Bytes{}),
            "sluice: fileStream(context, directory): " + scheme +
                "/logs given, must be a path of this machine's, without " + scheme);
    }
    CHECK_NOTHROW((void)fileStream(run.runtime(), "/a://b", Bytes{}));
    CHECK_NOTHROW((void)fileStream(run.runtime(), "a:/b", Bytes{}));
    FileStreamOptions options;
    options.minRememberDuration = 0s;
    CHECK_THROWS_WITH((void)fileStream(run.runtime(), "/logs", Bytes{}, options),
        "sluice: fileStream: minRememberDuration: 0 ms given, must be at least 1 ms");
}
