#include <sluice/input/detail/file_selection.hpp>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::FileStreamOptions, sluice::Duration, sluice::Time;
using sluice::detail::FileSelection;
using sluice::test::TempFolder, sluice::test::at;
namespace fs = std::filesystem;

namespace {
using Names = std::vector<std::string>;

/// A selection over a folder, with batches of a second.
class Chooser {
public:
    explicit Chooser(
        std::string directory, FileStreamOptions options = {}, sluice::Instant created = at(0s))
        : selection_{std::move(directory), std::move(options), 1s, created}
    {
    }

    /// The names of the files that the batch at `time` takes.
    Names choose(Duration time)
    {
        Names names;
        for (const auto& file : *selection_.choose(Time{time}, problems_)) {
            names.push_back(fs::path{file.path}.filename().string());
        }
        return names;
    }
    [[nodiscard]] const Names& problems() const { return problems_; }
    [[nodiscard]] const FileSelection& selection() const { return selection_; }

private:
    FileSelection selection_;
    Names problems_;
};

Chooser over(
    const TempFolder& folder, FileStreamOptions options = {}, sluice::Instant created = at(0s))
{
    return Chooser{folder.path().string(), std::move(options), created};
}
} // namespace

TEST_CASE("a batch takes what was last written up to its time, and nothing twice",
    "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("early", "1", at(1ms));
    folder.write("at its end", "1", at(1s));
    folder.write("just behind", "1", at(1s + 1ms));
    auto chooser = over(folder);
    CHECK(chooser.choose(1s) == Names{"at its end", "early"});
    CHECK(chooser.choose(2s) == Names{"just behind"});
    CHECK(chooser.choose(3s).empty());
    CHECK(chooser.problems().empty());
}

TEST_CASE("a file of the future waits for its batch", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("later", "1", at(3s));
    auto chooser = over(folder);
    CHECK(chooser.choose(2s).empty());
    CHECK(chooser.choose(3s) == Names{"later"});
}

TEST_CASE("times are whole milliseconds, rounded down", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("in time", "1", at(1s + 999'999ns));
    folder.write("too early", "1", at(500ms + 999'999ns));
    folder.write("a millisecond later", "1", at(501ms));
    auto chooser = over(folder, {}, at(500ms + 1ns));
    CHECK(chooser.choose(1s) == Names{"a millisecond later", "in time"});
}

TEST_CASE("files from before the stream was made are left out", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("before", "1", at(400ms));
    folder.write("at the same time", "1", at(500ms));
    folder.write("after", "1", at(501ms));
    auto chooser = over(folder, {}, at(500ms));
    CHECK(chooser.choose(1s) == Names{"after"});
    CHECK(chooser.choose(2s).empty());
}

TEST_CASE(
    "unless they are wanted, and not older than what is remembered", "[input][file_selection]")
{
    const TempFolder folder;
    const auto hour = 3600s;
    folder.write("just too old", "1", at(hour - 60s));
    folder.write("old", "1", at(hour - 60s + 1ms));
    folder.write("new", "1", at(hour));
    auto chooser = over(folder, {.newFilesOnly = false}, at(hour));
    CHECK(chooser.choose(hour) == Names{"new", "old"});
    // Not in a later batch either: the window only moves on.
    CHECK(chooser.choose(hour + 1s).empty());
}

TEST_CASE("the remembered time is rounded up to whole batches", "[input][file_selection]")
{
    const TempFolder folder;
    const auto remembered = [&](Duration least, Duration slide) {
        FileStreamOptions options;
        options.minRememberDuration = least;
        return FileSelection{folder.path().string(), std::move(options), slide, at(0s)}
            .rememberDuration();
    };
    CHECK(remembered(60s, 1s) == 60s);
    CHECK(remembered(60s, 7s) == 63s);
    CHECK(remembered(1ms, 1s) == 1s);
    CHECK(remembered(60s, 61s) == 61s);
    CHECK(remembered(Duration::max(), 1s) > 24h * 365);
    CHECK(remembered(Duration::max(), 1ms) == Duration::max());

    folder.write("too old", "1", at(10s));
    folder.write("old", "1", at(10s + 1ms));
    auto chooser = over(folder, {.newFilesOnly = false, .minRememberDuration = 1500ms});
    CHECK(chooser.choose(12s) == Names{"old"});
}

TEST_CASE("a file that comes with an old time is never read", "[input][file_selection]")
{
    const TempFolder folder;
    auto chooser = over(folder);
    CHECK(chooser.choose(100s).empty());
    folder.write("moved in late", "1", at(40s));
    folder.write("moved in", "1", at(42s));
    CHECK(chooser.choose(101s) == Names{"moved in"}); // (41 s, 101 s]
    CHECK(chooser.choose(102s).empty());
}

TEST_CASE("a change to a chosen file is not seen while it is remembered", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("a", "1", at(1s));
    auto chooser = over(folder, {.minRememberDuration = 3s});
    CHECK(chooser.choose(1s) == Names{"a"});
    folder.write("a", "12", at(2s));
    CHECK(chooser.choose(2s).empty());
    folder.touch("a", at(3s));
    CHECK(chooser.choose(3s).empty());
    CHECK(chooser.choose(4s).empty()); // the batch of 1 s is three seconds old: still remembered
    CHECK(chooser.choose(5s) == Names{"a"}); // forgotten, and within the window again
}

TEST_CASE("names that begin with a dot are hidden, no others", "[input][file_selection]")
{
    const TempFolder folder;
    for (const auto* name : {".hidden", "a.tmp", "b._COPYING_", "_c", "d"}) {
        folder.write(name, "1", at(1s));
    }
    auto chooser = over(folder);
    CHECK(chooser.choose(1s) == Names{"_c", "a.tmp", "b._COPYING_", "d"});
}

TEST_CASE("a filter of the user's takes the place of the default one", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write(".log", "1", at(1s));
    folder.write("a.log", "1", at(1s));
    folder.write("a.tmp", "1", at(1s));
    std::vector<std::string> asked;
    FileStreamOptions options;
    options.filter = [&](const std::string& path) {
        asked.emplace_back(path);
        return path.ends_with(".log");
    };
    auto chooser = over(folder, options);
    CHECK(chooser.choose(1s) == Names{".log", "a.log"});
    CHECK(asked.size() == 3);
    CHECK(std::count(asked.begin(), asked.end(), folder / "a.tmp") == 1); // whole paths
}

TEST_CASE("a filter that throws is heard of, and the files wait", "[input][file_selection][errors]")
{
    const TempFolder folder;
    folder.write("a", "1", at(1s));
    int failures = 2;
    FileStreamOptions options;
    options.filter = [&](std::string_view) {
        if (failures == 2) {
            --failures;
            throw std::runtime_error{"no idea"};
        }
        if (failures-- == 1) { throw 1; }
        return true;
    };
    auto chooser = over(folder, options);
    CHECK(chooser.choose(1s).empty());
    CHECK(chooser.choose(2s).empty());
    CHECK(chooser.choose(3s) == Names{"a"});
    const std::string where = "cannot list " + folder.path().string();
    CHECK(chooser.problems() == Names{where + ": the filter threw: no idea",
                                    where + ": the filter threw: unknown exception"});
}

TEST_CASE("only plain files directly in the directory are seen", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("nested/a", "1", at(1s));
    folder.write("b", "1", at(1s));
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    folder.touch("pipe", at(1s));
    folder.touch("nested", at(1s));
    auto chooser = over(folder);
    CHECK(chooser.choose(1s) == Names{"b"});
    CHECK(chooser.problems().empty());
}

TEST_CASE("a link is what it leads to", "[input][file_selection]")
{
    const TempFolder folder;
    const TempFolder elsewhere;
    elsewhere.write("target", "12345", at(1s));
    fs::create_symlink(elsewhere / "target", folder / "link");
    fs::create_symlink(elsewhere / "nothing", folder / "nowhere");
    fs::create_symlink(elsewhere.path(), folder / "folder");
    auto chooser = over(folder);
    CHECK(chooser.choose(1s) == Names{"link"});
    CHECK(chooser.problems().empty());
    // A directory may be one too.
    auto other = Chooser{folder / "folder"};
    CHECK(other.choose(1s) == Names{"target"});
}

TEST_CASE("links that lead around in a circle are heard of, once a batch",
    "[input][file_selection][errors]")
{
    const TempFolder folder;
    fs::create_symlink(folder / "b", folder / "a");
    fs::create_symlink(folder / "a", folder / "b");
    folder.write("c", "1", at(1s));
    auto chooser = over(folder);
    CHECK(chooser.choose(1s) == Names{"c"});
    REQUIRE(chooser.problems().size() == 1);
    CHECK_THAT(chooser.problems().front(),
        Catch::StartsWith("cannot look at " + folder.path().string()) &&
            Catch::Contains("Too many levels") && Catch::EndsWith(", and 1 more"));
}

TEST_CASE("a directory that is not there is heard of, and looked for again",
    "[input][file_selection][errors]")
{
    const TempFolder folder;
    Chooser chooser{folder / "later"};
    CHECK(chooser.choose(1s).empty());
    REQUIRE(chooser.problems().size() == 1);
    CHECK(chooser.problems().front() ==
          "cannot list " + (folder / "later") + ": No such file or directory");
    folder.write("later/a", "1", at(1500ms));
    CHECK(chooser.choose(2s) == Names{"a"});
    fs::remove_all(folder / "later");
    CHECK(chooser.choose(3s).empty());
    CHECK(chooser.problems().size() == 2);
    folder.write("later", "a file", at(4s));
    CHECK(chooser.choose(4s).empty());
    CHECK_THAT(chooser.problems().back(), Catch::EndsWith("Not a directory"));
}

TEST_CASE("wildcards select directories", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("logs-1/a", "1", at(1s));
    folder.write("logs-2/b", "1", at(1s));
    folder.write("logs-3", "a plain file is not read", at(1s));
    folder.write("other/c", "1", at(1s));
    folder.write("logs-1/deeper/d", "1", at(1s));
    SECTION("of one part of the path")
    {
        const std::string pattern =
            GENERATE(std::string{"logs-*"}, std::string{"logs-?"}, std::string{"logs-[12]"},
                std::string{"{logs-1,logs-2,logs-1/}"}, std::string{"l*"}, std::string{"l*/"});
        CAPTURE(pattern);
        Chooser chooser{folder / pattern};
        CHECK(chooser.choose(1s) == Names{"a", "b"});
        CHECK(chooser.problems().empty());
    }
    SECTION("of several")
    {
        Chooser chooser{folder / "*/d*"};
        CHECK(chooser.choose(1s) == Names{"d"});
    }
    SECTION("which may match nothing yet, and a directory that is renamed later")
    {
        Chooser chooser{folder / "new-*"};
        CHECK(chooser.choose(1s).empty());
        fs::rename(folder / "other", folder / "new-1");
        CHECK(chooser.choose(2s) == Names{"c"});
    }
    SECTION("but no hidden ones")
    {
        folder.write(".draft/e", "1", at(1s));
        Chooser chooser{folder / "*"};
        CHECK(chooser.choose(1s) == Names{"a", "b", "c"});
    }
    SECTION("and a backslash takes the next character as it is")
    {
        folder.write("a*b/f", "1", at(1s));
        folder.write("axb/g", "1", at(1s));
        Chooser chooser{folder / "a\\*b"};
        CHECK(chooser.choose(1s) == Names{"f"});
    }
}

TEST_CASE("a pattern that matches no directory is heard of, once until it does",
    "[input][file_selection][errors]")
{
    const TempFolder folder;
    folder.write("a.log", "what it was meant for", at(1s));
    const std::string pattern =
        GENERATE(std::string{"*.log"}, std::string{"none*/x"}, std::string{"{b,c}.log"});
    CAPTURE(pattern);
    Chooser chooser{folder / pattern};
    const std::string complaint = "the pattern " + (folder / pattern) +
                                  " matches no directory; a pattern selects directories, files are "
                                  "chosen by the option filter";
    CHECK(chooser.choose(1s).empty());
    CHECK(chooser.problems() == Names{complaint});
    CHECK(chooser.choose(2s).empty());
    CHECK(chooser.problems().size() == 1);
    const fs::path match = folder / (pattern == "none*/x" ? "none-1/x" : "b.log");
    fs::create_directories(match);
    CHECK(chooser.choose(3s).empty());
    CHECK(chooser.problems().size() == 1);
    fs::remove(match);
    CHECK(chooser.choose(4s).empty());
    CHECK(chooser.problems() == Names{complaint, complaint});
}

TEST_CASE("a bracket that is never closed matches nothing, and is heard of",
    "[input][file_selection][errors]")
{
    const TempFolder folder;
    Chooser chooser{folder / "[a"};
    CHECK(chooser.choose(1s).empty());
    CHECK(chooser.problems().size() == 1);
}

TEST_CASE("a directory in which wildcards cannot be looked for is heard of",
    "[input][file_selection][errors]")
{
    const TempFolder folder;
    fs::create_symlink(folder / "b", folder / "a"); // a circle
    fs::create_symlink(folder / "a", folder / "b");
    folder.write("c/logs/d", "1", at(1s));
    const auto pattern = GENERATE(std::string{"a/l*"}, std::string{"{a,c}/l*"});
    Chooser chooser{folder / pattern};
    CHECK(chooser.choose(1s).size() == (pattern == "a/l*" ? 0 : 1));
    REQUIRE(chooser.problems().size() == 1);
    CHECK_THAT(chooser.problems().front(),
        Catch::StartsWith("cannot list " + (folder / "a")) && Catch::Contains("Too many levels"));
    CHECK(chooser.choose(2s).empty());
    CHECK(chooser.problems().size() == 2);
}

TEST_CASE("any name is a name", "[input][file_selection]")
{
    const TempFolder folder;
    const Names names{"\x01", "\n", " ", "*", "\\", "a\nb", "\xff\xfe", std::string(255, 'x')};
    for (const auto& name : names) {
        folder.write(name, "1", at(1s));
    }
    auto chooser = over(folder);
    auto chosen = chooser.choose(1s);
    CHECK(std::is_permutation(chosen.begin(), chosen.end(), names.begin(), names.end()));
}

TEST_CASE("a file may claim any time", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("a", "1", at(1s));
    const auto claim = [&](std::int64_t seconds) {
        const struct timespec times[2] = {{seconds, 0}, {seconds, 999'999'999}};
        // A file system that cannot keep it keeps the nearest that it can.
        REQUIRE(::utimensat(0, (folder / "a").c_str(), times, 0) == 0);
    };
    auto chooser = over(folder, {.newFilesOnly = false});
    claim(std::numeric_limits<std::int64_t>::max());
    CHECK(chooser.choose(1s).empty());
    claim(std::numeric_limits<std::int64_t>::min());
    CHECK(chooser.choose(2s).empty());
    claim(-1);
    CHECK(chooser.choose(3s).empty());
}

TEST_CASE("the size of a file is what it was when it was chosen", "[input][file_selection]")
{
    const TempFolder folder;
    folder.write("a", "12345", at(1s));
    std::vector<std::string> problems;
    FileSelection selection{folder.path().string(), {}, 1s, at(0s)};
    const auto files = selection.choose(Time{1s}, problems);
    REQUIRE(files->size() == 1);
    CHECK(files->front().size == 5);
    CHECK(files->front().path == folder / "a");
}
