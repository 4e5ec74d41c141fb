#include <sluice/output/save_as_text_files.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/output/save_as_object_files.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::saveAsTextFiles;
using sluice::test::ScratchFolder;
using sluice::testing::TestEngine;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {
struct Silent {};
static_assert(Accepts<decltype(saveAsTextFiles("a")), std::pair<std::string_view, int>>);
static_assert(!Accepts<decltype(saveAsTextFiles("a")), Silent>);

template <class T>
using Parts = std::vector<std::vector<T>>;

/// Runs batches, given as lists of partitions, through `op`; the failure's text.
template <class T, class Op>
std::string run(const std::vector<Parts<T>>& batches, const Op& op, sluice::Options options = {})
{
    TestEngine engine{std::move(options)};
    BatchQueue<T> queue;
    for (const auto& partitions : batches) {
        queue.pushPartitions(partitions);
    }
    sluice::queueStream(engine.runtime(), queue) | op;
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        engine.nextBatch();
    }
    engine.stop(sluice::Stop::now);
    try {
        engine.runtime().awaitTermination();
        return {};
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// All names below a folder, in order, those of directories with a `/`.
std::vector<std::string> names(const std::string& folder)
{
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        auto name = fs::relative(entry.path(), folder).string();
        all.push_back(entry.is_directory() ? name + '/' : name);
    }
    std::sort(all.begin(), all.end());
    return all;
}
using Names = std::vector<std::string>;

/// What the hidden directories of the only output of `run` begin with.
std::string hiddenName(const std::string& prefix, const std::string& suffix)
{
    return sluice::detail::BatchPath("", prefix, suffix).hidden(1);
}

constexpr auto thirteen = [](int x) { return x == 13 ? throw std::domain_error{"13"} : x; };
} // namespace

TEST_CASE("saveAsTextFiles writes a directory per batch and a file per partition",
    "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    const std::string prefix = folder.path("counts");
    // [example]
    const auto save = sluice::saveAsTextFiles(prefix, "txt"); // 1.5 s: counts-1500.txt/part-00000
    // [example]
    using Count = std::pair<std::string, int>;
    CHECK(run<Count>({{{{"to", 2}, {"be", 1}}, {}, {{"or", 1}}}, {}}, save,
              {.batchInterval = 1500ms}) == "");
    CHECK(names(folder.path("")) == Names{"counts-1500.txt/", "counts-1500.txt/_SUCCESS",
                                        "counts-1500.txt/part-00000", "counts-1500.txt/part-00001",
                                        "counts-1500.txt/part-00002", "counts-3000.txt/",
                                        "counts-3000.txt/_SUCCESS"});
    CHECK(folder.read("counts-1500.txt/part-00000") == "(to,2)\n(be,1)\n");
    CHECK(folder.read("counts-1500.txt/part-00001").empty());
    CHECK(folder.read("counts-1500.txt/part-00002") == "(or,1)\n");
    CHECK(folder.read("counts-1500.txt/_SUCCESS").empty());
}

TEST_CASE("saveAsTextFiles names directories as Spark does", "[output][saveAsTextFiles]")
{
    using sluice::detail::BatchPath;
    const sluice::Time time{1500ms};
    CHECK(BatchPath("", "out/a", "txt").of(time) == "out/a-1500.txt");
    CHECK(BatchPath("", "a", "").of(time) == "a-1500");
    CHECK(BatchPath("", "", "txt").of(time) == "1500.txt");
    CHECK(BatchPath("", "", "").of(time) == "1500");
    CHECK_THROWS_WITH(saveAsTextFiles("a", "b/c"),
        "sluice: saveAsTextFiles(prefix, suffix): suffix b/c given, must not contain /");
    CHECK_THROWS_WITH(saveAsTextFiles("file:///out/a"),
        "sluice: saveAsTextFiles(prefix, suffix): file:///out/a given, must be a path of this "
        "machine's, without file://");
    CHECK_THROWS_AS(sluice::saveAsObjectFiles("hdfs://host/a"), sluice::InvalidArgument);
}

TEST_CASE("saveAsTextFiles writes the same at any parallelism", "[output][saveAsTextFiles]")
{
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        const ScratchFolder folder;
        Parts<int> numbers(9);
        for (int i = 0; i < 90; ++i) {
            numbers[static_cast<std::size_t>(i / 10)].push_back(i);
        }
        const auto even = sluice::filter([](int x) { return x % 20 == 0; });
        run<int>({numbers}, even | saveAsTextFiles(folder.path("n")), {.parallelism = parallelism});
        for (std::size_t i = 0; i < 9; ++i) {
            const auto text = i % 2 == 0 ? std::to_string(10 * i) + '\n' : "";
            CHECK(folder.read("n-1000/part-0000" + std::to_string(i)) == text);
        }
    }
}

TEST_CASE("a partition larger than the buffer is written whole, whatever its records are",
    "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    std::vector<std::string> records(3'000, std::string(100, 'x'));
    records[1'000] = std::string(3'000'000, 'y');
    run<std::string>({{records}}, saveAsTextFiles(folder.path("n")));
    std::string expected;
    for (const auto& record : records) {
        expected += record + '\n';
    }
    CHECK(folder.read("n-1000/part-00000") == expected);
}

TEST_CASE("nothing is seen of a batch before it is committed, and nothing is left of a failed one",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    Names seen;
    const auto look = sluice::map([&](int x) {
        if (x == 2) { seen = names(folder.path("")); }
        return thirteen(x);
    });
    const auto failure =
        run<int>({{{1}, {2}}, {{1}, {13}}, {{3}}}, look | saveAsTextFiles(folder.path("n")),
            {.maxTaskFailures = 1, .onBatchFailure = sluice::OnBatchFailure::proceed});
    REQUIRE(!seen.empty());
    CHECK(std::all_of(
        seen.begin(), seen.end(), [](const std::string& name) { return name.front() == '.'; }));
    CHECK(names(folder.path("")) == Names{"n-1000/", "n-1000/_SUCCESS", "n-1000/part-00000",
                                        "n-1000/part-00001", "n-3000/", "n-3000/_SUCCESS",
                                        "n-3000/part-00000"});
}

TEST_CASE("a task that is tried again writes its file anew", "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    int failures = 2;
    const auto shaky = sluice::map([&failures](int x) {
        if (x == 3 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
        return x;
    });
    CHECK(run<int>({{{1, 2, 3, 4}}}, shaky | saveAsTextFiles(folder.path("n"))) == "");
    CHECK(folder.read("n-1000/part-00000") == "1\n2\n3\n4\n");
}

TEST_CASE(
    "a batch that is run again replaces what an earlier run left", "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    const auto save = saveAsTextFiles(folder.path("n"));
    run<int>({{{1}, {2}, {3}}}, save);
    CHECK(run<int>({{{1}, {2}}}, save) == "");
    CHECK(names(folder.path("")) ==
          Names{"n-1000/", "n-1000/_SUCCESS", "n-1000/part-00000", "n-1000/part-00001"});
    CHECK(folder.read("n-1000/part-00001") == "2\n");
}

TEST_CASE("what a killed process left goes with the first batch of the next one",
    "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    const auto leave = [&](const std::string& name) {
        fs::create_directories(folder.path(name));
        folder.write(name + "/part-00000", "left");
    };
    const auto hidden = [&](const std::string& time) {
        return fs::path{hiddenName(folder.path("n"), "txt") + time}.filename().string();
    };
    leave(hidden("1000.tmp"));
    leave(hidden("7000.tmp"));
    leave(hidden("7000.old")); // killed between the two renames of a commit
    leave(hidden("8000.old")); // and right after them
    leave("n-8000.txt");
    leave(".sluice-of-another");
    CHECK(run<int>({{{1}}}, saveAsTextFiles(folder.path("n"), "txt")) == "");
    CHECK(names(folder.path("")) ==
          Names{".sluice-of-another/", ".sluice-of-another/part-00000", "n-1000.txt/",
              "n-1000.txt/_SUCCESS", "n-1000.txt/part-00000", "n-7000.txt/",
              "n-7000.txt/part-00000", "n-8000.txt/", "n-8000.txt/part-00000"});
}

TEST_CASE("a batch does not fail for an earlier directory that cannot be removed",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    fs::create_directories(folder.path("n-1000/kept"));
    folder.write("n-1000/kept/x", "x");
    folder.write("n-1000/_SUCCESS", "");
    fs::permissions(folder.path("n-1000/kept"), fs::perms::owner_read | fs::perms::owner_exec);
    const bool root = ::geteuid() == 0; // whom no permission keeps from anything
    if (root) {
        for (const auto* name : {"", "n-1000", "n-1000/kept"}) {
            REQUIRE(::chown(folder.path(name).c_str(), 65534, 65534) == 0);
        }
        REQUIRE(::seteuid(65534) == 0);
    }
    const auto failure = run<int>({{{1}}}, saveAsTextFiles(folder.path("n")));
    if (root) { REQUIRE(::seteuid(0) == 0); }
    CHECK(failure == "");
    CHECK(folder.read("n-1000/part-00000") == "1\n");
    const auto old = hiddenName(folder.path("n"), "") + "1000.old";
    REQUIRE(fs::exists(old + "/kept/x"));
    fs::permissions(old + "/kept", fs::perms::owner_all);
}

TEST_CASE("a name as long as the system allows can be written to", "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    const std::string longest(250, 'a'); // and -1000
    CHECK(run<int>({{{1}}}, saveAsTextFiles(folder.path(longest))) == "");
    CHECK(folder.read(longest + "-1000/part-00000") == "1\n");
}

TEST_CASE("two outputs of a context cannot write to the same directories",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    TestEngine engine{{}};
    BatchQueue<int> queue;
    const auto numbers = sluice::queueStream(engine.runtime(), queue);
    numbers | saveAsTextFiles(folder.path("n"), "txt");
    numbers | saveAsTextFiles(folder.path("n"));
    const auto same = folder.path("./n"); // written in another way
    CHECK_THROWS_MATCHES(numbers | sluice::saveAsObjectFiles(same, "txt"), sluice::InvalidArgument,
        Catch::Message("sluice: saveAsObjectFiles: " + folder.path("n-*.txt") +
                       " given, must be another than that of saveAsTextFiles in this context, "
                       "whose files it would replace"));
    CHECK_THROWS_AS(numbers | saveAsTextFiles(folder.path("n")), sluice::InvalidArgument);
}

TEST_CASE("a folder that is not there, is none or may not be written to is refused at once",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    TestEngine engine{{}};
    BatchQueue<int> queue;
    const auto numbers = sluice::queueStream(engine.runtime(), queue);
    const auto refuses = [&](const std::string& in, const std::string& what) {
        CHECK_THROWS_MATCHES(numbers | saveAsTextFiles(folder.path(in + "/n")),
            sluice::InvalidArgument,
            Catch::Message("sluice: saveAsTextFiles(prefix, suffix): the folder " +
                           folder.path(in) + ' ' + what));
    };
    refuses("missing", "does not exist");
    folder.write("file", "");
    refuses("file", "is none");
    refuses("file/x", "does not exist");
    fs::create_directory(folder.path("shut"));
    fs::permissions(folder.path("shut"), fs::perms::owner_read | fs::perms::owner_exec);
    if (::geteuid() != 0) { // whom no permission keeps from anything
        refuses("shut", "cannot be written to: Permission denied");
    }
    CHECK_NOTHROW(numbers | saveAsTextFiles("n")); // of the folder where the program runs
}

TEST_CASE("a directory that saveAsTextFiles did not write is left as it is, and fails the batch",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    fs::create_directory(folder.path("n-1000"));
    folder.write("n-1000/diary", "mine");
    CHECK_THAT(run<int>({{{1}}}, saveAsTextFiles(folder.path("n"))),
        Catch::EndsWith("sluice: the folder " + folder.path("n-1000") +
                        " is there and saveAsTextFiles did not write it: it has no _SUCCESS; it is "
                        "left as it is"));
    CHECK(names(folder.path("")) == Names{"n-1000/", "n-1000/diary"});
    CHECK(folder.read("n-1000/diary") == "mine");
    fs::create_directory(folder.path("m-1000")); // an empty one is nobody's loss
    CHECK(run<int>({{{1}}}, saveAsTextFiles(folder.path("m"))) == "");
    CHECK(folder.read("m-1000/part-00000") == "1\n");
}

TEST_CASE("what the system refuses fails the batch and is said with operator, time and path",
    "[output][saveAsTextFiles][errors]")
{
    const ScratchFolder folder;
    using Catch::Matchers::Contains;
    fs::create_directory(folder.path("gone"));
    const auto goes = sluice::saveAsTextFiles(folder.path("gone/n"));
    {
        TestEngine engine{{}};
        BatchQueue<int> queue{{1}};
        sluice::queueStream(engine.runtime(), queue) | goes;
        fs::remove(folder.path("gone"));
        engine.start();
        engine.nextBatch();
        CHECK_THROWS_WITH(engine.runtime().awaitTermination(),
            "sluice: saveAsTextFiles failed in batch 1000 ms, partition 0, after 1 attempt: "
            "sluice: cannot write to the folder " +
                folder.path("gone") + ": No such file or directory");
    }
    folder.write("n-1000", "a file");
    CHECK_THAT(run<int>({{{1}}}, saveAsTextFiles(folder.path("n"))),
        Contains("saveAsTextFiles failed in batch 1000 ms") &&
            Catch::EndsWith(
                "sluice: cannot write the folder " + folder.path("n-1000") + ": Not a directory"));
    CHECK(names(folder.path("")) == Names{"n-1000"});
    CHECK(folder.read("n-1000") == "a file");
    // A part that cannot be created: its name is taken by a directory.
    const auto taken = hiddenName(folder.path("m"), "") + "1000.tmp/part-00001";
    const auto inTheWay = sluice::map([&](int x) {
        fs::create_directory(taken);
        return x;
    });
    CHECK_THAT(run<int>({{{1}, {2}}}, inTheWay | saveAsTextFiles(folder.path("m"))),
        Contains("saveAsTextFiles failed in batch 1000 ms, partition 1, after 4 attempts: ") &&
            Catch::EndsWith(
                "sluice: cannot write " + folder.path("m-1000/part-00001") + ": Is a directory"));
    CHECK(names(folder.path("")) == Names{"n-1000"});
}

TEST_CASE("a disk without room fails the batch", "[output][saveAsTextFiles][errors]")
{
    if (!fs::exists("/dev/full")) { return; }
    std::string buffer;
    sluice::detail::PartFile file{"/dev/full", "/out/a", buffer};
    file.buffer() = "text";
    try {
        file.close();
        FAIL("was written");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::fileSystem);
        CHECK(error.what() == "sluice: cannot write /out/a: No space left on device"s);
    }
}

TEST_CASE("saveAsTextFiles allocates nothing per record", "[output][saveAsTextFiles]")
{
    const ScratchFolder folder;
    TestEngine engine{{}};
    BatchQueue<int> queue;
    for (int i = 0; i < 4; ++i) {
        queue.pushPartitions(Parts<int>{std::vector<int>(100), std::vector<int>(100)});
    }
    queue.pushPartitions(Parts<int>{std::vector<int>(100'000), std::vector<int>(100'000)});
    sluice::queueStream(engine.runtime(), queue) | saveAsTextFiles(folder.path("n"));
    engine.runtime().start();
    engine.executor().run();
    const auto nextBatch = [&] { engine.nextBatch(); };
    for (int i = 0; i < 3; ++i) {
        nextBatch();
    }
    const std::size_t small = sluice::test::allocationsOf(nextBatch);
    CHECK(sluice::test::allocationsOf(nextBatch) < small + 10);
}
