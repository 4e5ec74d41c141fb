#include <sluice/input/binary_records_stream.hpp>
#include <sluice/input/file_stream.hpp>
#include <sluice/input/text_file_stream.hpp>

#include <sluice/sluice.hpp>

#include "input/file_run.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What others do to files between the moment when a batch chooses them and the end of reading them.

using namespace std::chrono_literals;
using sluice::binaryRecordsStream, sluice::Options, sluice::ReceiverError;
using sluice::RecordsRefused, sluice::textFileStream;
using sluice::test::FileRun, sluice::test::TempFolder, sluice::test::at;
using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {
/// Does something in the next batch when its files are chosen and not yet read.
void meddleWith(FileRun& run, std::function<void()> meddle)
{
    sluice::BatchQueue<int> queue;
    queue.push({1});
    sluice::queueStream(run.runtime(), queue) |
        sluice::tap([meddle = std::move(meddle)](int) { meddle(); }) |
        sluice::foreachBatch([](const sluice::Batch<int>&) {});
}

void append(const std::string& file, std::string_view text)
{
    std::ofstream{file, std::ios::app} << text;
}
} // namespace

TEST_CASE("a file that vanishes before it is read is counted and refused",
    "[input][hostile_files][errors]")
{
    const TempFolder folder;
    FileRun run;
    for (const auto* name : {"a", "b", "c"}) {
        folder.write(name, name, at(1s));
    }
    meddleWith(run, [&] {
        fs::remove(folder / "a");
        fs::remove(folder / "b");
    });
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next() == Lines{"c"});
    CHECK(run.source().refused == 2);
    CHECK(run.messages<RecordsRefused>() == Lines{"files that cannot be read, " + (folder / "a") +
                                                  ": No such file or directory, and 1 more"});
}

TEST_CASE("the whole folder may vanish", "[input][hostile_files][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("in/a", "1", at(1s));
    meddleWith(run, [&] { fs::remove_all(folder / "in"); });
    run.keep(textFileStream(run.runtime(), folder / "in"));
    CHECK(run.next().empty());
    CHECK(run.source().refused == 1);
    CHECK(run.next().empty());
}

TEST_CASE("what has taken the name of a file is not read, nor waited for",
    "[input][hostile_files][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1", at(1s));
    folder.write("b", "2", at(1s));
    const std::string name = folder / "a";
    std::string expected;
    std::function<void()> replace;
    SECTION("a pipe that nobody writes to")
    {
        replace = [&] { REQUIRE(::mkfifo(name.c_str(), 0600) == 0); };
        expected = "Invalid argument";
    }
    SECTION("a directory")
    {
        replace = [&] { fs::create_directory(name); };
        expected = "Is a directory";
    }
    SECTION("a link that leads to itself")
    {
        replace = [&] { fs::create_symlink(name, name); };
        expected = "Too many levels of symbolic links";
    }
    SECTION("a device without end")
    {
        replace = [&] { fs::create_symlink("/dev/zero", name); };
        expected = "Invalid argument";
    }
    SECTION("a socket")
    {
        replace = [&] {
            const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            REQUIRE(name.size() < sizeof address.sun_path);
            std::copy(name.begin(), name.end(), address.sun_path);
            REQUIRE(
                ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
            ::close(socket);
        };
        expected = "No such device or address";
    }
    meddleWith(run, [&] {
        fs::remove(name);
        replace();
    });
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next() == Lines{"2"});
    CHECK(run.messages<RecordsRefused>() ==
          Lines{"files that cannot be read, " + name + ": " + expected});
}

TEST_CASE("a path longer than any may be is refused", "[input][hostile_files][errors]")
{
    const TempFolder folder;
    std::string directory = folder.path().string();
    while (directory.size() < 3700) {
        directory += '/' + std::string(200, 'd');
    }
    directory += '/' + std::string(4000 - directory.size(), 'd');
    fs::create_directories(directory);
    const auto before = fs::current_path();
    fs::current_path(directory); // from within, the name is short enough
    const std::string name(200, 'x');
    std::ofstream{name} << "1";
    fs::last_write_time(name, std::chrono::file_clock::from_sys(at(1s)));
    std::ofstream{"y"} << "2";
    fs::last_write_time("y", std::chrono::file_clock::from_sys(at(1s)));
    fs::current_path(before);
    FileRun run;
    run.keep(textFileStream(run.runtime(), directory));
    CHECK(run.next() == Lines{"2"});
    CHECK(run.source().refused == 1);
}

TEST_CASE("a file that may not be read is refused", "[input][hostile_files][errors]")
{
    if (::geteuid() == 0) { return; } // who may read everything
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1", at(1s));
    fs::permissions(folder / "a", fs::perms::none);
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next().empty());
    CHECK(run.source().refused == 1);
}

TEST_CASE("a file that has grown is read as far as it was there when it was chosen",
    "[input][hostile_files]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1\n2", at(1s));
    meddleWith(run, [&] { append(folder / "a", "2\n3\n"); });
    SECTION("lines")
    {
        run.keep(textFileStream(run.runtime(), folder.path()));
    }
    SECTION("and records")
    {
        run.keep(binaryRecordsStream(run.runtime(), folder.path(), 1) |
                 sluice::filter([](std::string_view record) { return record != "\n"; }));
    }
    CHECK(run.next() == Lines{"1", "2"});
    CHECK(run.source().bytes == 3);
    CHECK(run.source().refused == 0);
    CHECK(run.source().errors == 0);
}

TEST_CASE("a file that grows while it is read ends where it ended", "[input][hostile_files]")
{
    const TempFolder folder;
    FileRun run;
    std::string text;
    for (int i = 0; i < 200'000; ++i) {
        text += "line\n";
    }
    folder.write("a", text, at(1s));
    std::size_t lines = 0;
    run.keep(textFileStream(run.runtime(), folder.path()) | sluice::filter([&](std::string_view) {
        if (lines++ % 10'000 == 0) { append(folder / "a", text); }
        return false;
    }));
    run.next();
    CHECK(lines == 200'000);
}

TEST_CASE("a file that shrinks gives what is left of it, and is heard of",
    "[input][hostile_files][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", "1\n2\n3\n", at(1s));
    folder.write("b", "45\n", at(1s));
    folder.write("c", "6\n", at(1s));
    meddleWith(run, [&] {
        fs::resize_file(folder / "a", 3);
        fs::resize_file(folder / "b", 0);
    });
    SECTION("lines")
    {
        run.keep(textFileStream(run.runtime(), folder.path()));
        CHECK(run.next() == Lines{"1", "2", "6"});
        CHECK(run.source().refused == 0);
    }
    SECTION("records")
    {
        run.keep(binaryRecordsStream(run.runtime(), folder.path(), 2));
        CHECK(run.next() == Lines{"1\n", "6\n"});
        CHECK(run.source().refused == 1); // of a; of b nothing is left
    }
    CHECK(run.messages<ReceiverError>() ==
          Lines{"shorter than when it was chosen: " + (folder / "a") + ", and 1 more"});
}

TEST_CASE("a file that shrinks while it is read does no harm", "[input][hostile_files][errors]")
{
    const TempFolder folder;
    FileRun run;
    folder.write("a", std::string(5'000'000, '\n'), at(1s));
    std::size_t lines = 0;
    run.keep(textFileStream(run.runtime(), folder.path()) | sluice::filter([&](std::string_view) {
        if (lines++ == 0) { fs::resize_file(folder / "a", 1); }
        return false;
    }));
    run.next();
    CHECK(lines > 0);
    CHECK(lines < 5'000'000);
    CHECK(run.source().errors == 1);
}

TEST_CASE(
    "a lack of descriptors fails the task, which is tried again", "[input][hostile_files][errors]")
{
    if (!sluice::test::countsAllocations) { return; } // sanitizers need descriptors themselves
    const TempFolder folder;
    Options options;
    options.maxTaskFailures = 2;
    FileRun run{options};
    folder.write("a", "1", at(1s));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto allow = [&](rlim_t files) {
        rlimit now = before;
        now.rlim_cur = files;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
    };
    meddleWith(run, [&] { allow(0); });
    run.keep(textFileStream(run.runtime(), folder.path()));
    run.next();
    allow(before.rlim_cur);
    CHECK_THROWS_WITH(run.runtime().awaitTermination(),
        Catch::Contains("textFileStream failed in batch 1000 ms, partition 0, after 2 attempts") &&
            Catch::EndsWith("cannot open " + (folder / "a") + ": Too many open files"));
}

TEST_CASE("random bytes are lines like any others", "[input][hostile_files]")
{
    const TempFolder folder;
    std::mt19937_64 random{3};
    Options options;
    options.maxLineBytes = 300;
    FileRun run{options};
    std::size_t expected = 0;
    std::size_t tooLong = 0;
    for (int file = 0; file < 50; ++file) {
        std::string bytes;
        for (auto size = random() % 20'000; size > 0; --size) {
            bytes += static_cast<char>(random() % 256);
        }
        bytes += '.';
        folder.write(std::to_string(file), bytes, at(1s));
        for (const auto line : sluice::lines(bytes)) {
            ++(line.size() > 300 ? tooLong : expected);
        }
    }
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next().size() == expected);
    CHECK(tooLong > 0);
    CHECK(run.source().refused == tooLong);
    CHECK(run.source().records == expected);
}
