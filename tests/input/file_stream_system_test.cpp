#include <sluice/input/text_file_stream.hpp>

#include "input/file_run.hpp"
#include "support/catch.hpp"
#include "support/line_server.hpp" // Descriptor
#include "support/record_reader.hpp"
#include "support/temp_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::RecordsRefused, sluice::StreamingContext, sluice::textFileStream;
using sluice::test::at, sluice::test::Descriptor, sluice::test::FileRun, sluice::test::freely;
using sluice::test::RecordReader, sluice::test::TempFolder;
using Lines = std::vector<std::string>;

TEST_CASE("a file that is written right after the stream was made is read",
    "[input][file_stream][parallel]")
{
    for (int i = 0; i < 10; ++i) {
        const TempFolder folder;
        const auto linesOfNewFile = [&](StreamingContext& context) {
            auto lines = textFileStream(context, folder.path());
            std::ofstream{folder / "a"} << "one\n"; // before the first batch, and so all of it
            return lines;
        };
        RecordReader reader{freely(), linesOfNewFile};
        REQUIRE(reader.waitForRecords(1));
        CHECK(reader.records() == Lines{"one"});
    }
}

#if defined(F_SETLEASE)
TEST_CASE("a file that another program keeps by a lease is refused", "[input][file_stream][errors]")
{
    const TempFolder folder;
    folder.write("a", "1\n", at(1s));
    folder.write("b", "2\n", at(1s));
    const Descriptor held{::open((folder / "a").c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(::fcntl(held.get(), F_SETSIG, SIGURG) == 0);           // nobody minds
    if (::fcntl(held.get(), F_SETLEASE, F_WRLCK) != 0) { return; } // not every file system can
    FileRun run;
    run.keep(textFileStream(run.runtime(), folder.path()));
    CHECK(run.next() == Lines{"2"});
    CHECK(run.source().refused == 1);
    REQUIRE(run.messages<RecordsRefused>().size() == 1);
    CHECK_THAT(run.messages<RecordsRefused>().front(), Catch::Contains(folder / "a"));
}
#endif
