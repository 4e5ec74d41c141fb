#include <sluice/output/save_as_object_files.hpp>

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/storage/object_file.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::BatchQueue, sluice::readObjectFile, sluice::saveAsObjectFiles;
using sluice::test::ScratchFolder;
using sluice::testing::TestEngine;

namespace {
struct Reading {
    std::string sensor;
    double value;
    std::vector<int> raw;

    friend bool operator==(const Reading&, const Reading&) = default;
};
static_assert(Accepts<decltype(saveAsObjectFiles("a")), Reading>);
static_assert(Accepts<decltype(saveAsObjectFiles("a")), std::pair<std::string_view, long>>);
static_assert(!Accepts<decltype(saveAsObjectFiles("a")), std::unique_ptr<int>>);

template <class T>
using Parts = std::vector<std::vector<T>>;

template <class T, class Op>
void run(const std::vector<Parts<T>>& batches, const Op& op, sluice::Options options = {})
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
}

template <class T>
std::vector<T> readBack(const std::string& path)
{
    const auto records = readObjectFile<T>(path);
    return {records.begin(), records.end()};
}
} // namespace

TEST_CASE("what saveAsObjectFiles writes is read back file by file", "[output][saveAsObjectFiles]")
{
    const ScratchFolder folder;
    const std::string prefix = folder.path("readings");
    const std::vector<Reading> first{{"a", 0.5, {1, 2}}, {"b", -1, {}}};
    const std::vector<Reading> second{{"c", 2, {3}}};
    const std::vector<Parts<Reading>> batches{{first, {}, second}, {}};
    // [example]
    const auto save = sluice::saveAsObjectFiles(prefix); // at 1 s: readings-1000/part-00000 ...
    run(batches, save);
    const auto readings = sluice::readObjectFile<Reading>(prefix + "-1000/part-00000");
    // [example]
    CHECK(std::vector<Reading>(readings.begin(), readings.end()) == first);
    CHECK(readBack<Reading>(prefix + "-1000/part-00001").empty());
    CHECK(readBack<Reading>(prefix + "-1000/part-00002") == second);
    CHECK(folder.read("readings-2000/_SUCCESS").empty());
    CHECK_FALSE(std::filesystem::exists(prefix + "-2000/part-00000"));
    CHECK_THROWS_AS(readBack<Reading>(prefix + "-1000/_SUCCESS"), sluice::Error);
}

TEST_CASE("saveAsObjectFiles writes the same at any parallelism", "[output][saveAsObjectFiles]")
{
    for (const std::size_t parallelism : {1U, 2U, 3U, 8U}) {
        CAPTURE(parallelism);
        const ScratchFolder folder;
        run<std::string>({{{"to be", "or"}, {"not"}, {"to", "be"}}},
            sluice::flatMap(sluice::words) | saveAsObjectFiles(folder.path("w"), "bin"),
            {.parallelism = parallelism});
        using Words = std::vector<std::string>;
        CHECK(
            readBack<std::string>(folder.path("w-1000.bin/part-00000")) == Words{"to", "be", "or"});
        CHECK(readBack<std::string>(folder.path("w-1000.bin/part-00001")) == Words{"not"});
        CHECK(readBack<std::string>(folder.path("w-1000.bin/part-00002")) == Words{"to", "be"});
    }
}

TEST_CASE("a large partition becomes a file of several blocks", "[output][saveAsObjectFiles]")
{
    const ScratchFolder folder;
    std::vector<std::uint64_t> numbers(100'000);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] = i * i;
    }
    run<std::uint64_t>({{numbers}}, saveAsObjectFiles(folder.path("n")));
    const std::string path = folder.path("n-1000/part-00000");
    CHECK(readBack<std::uint64_t>(path) == numbers);
    const std::string bytes = folder.read("n-1000/part-00000");
    CHECK(bytes.size() > 800'000 + 32);
    CHECK(bytes.size() < 800'000 + 32 * 20);
    folder.write("cut", std::string_view{bytes}.substr(0, sluice::detail::PartFile::bufferBytes));
    CHECK_THROWS_AS(readBack<std::uint64_t>(folder.path("cut")), sluice::Error);
}

TEST_CASE("a task of saveAsObjectFiles that is tried again writes its file anew",
    "[output][saveAsObjectFiles][errors]")
{
    const ScratchFolder folder;
    int failures = 2;
    const auto shaky = sluice::map([&failures](int x) {
        if (x == 99'999 && failures-- > 0) { throw std::runtime_error{"not yet"}; }
        return x;
    });
    std::vector<int> numbers(100'000);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] = static_cast<int>(i);
    }
    run<int>({{numbers}}, shaky | saveAsObjectFiles(folder.path("n")));
    CHECK(readBack<int>(folder.path("n-1000/part-00000")) == numbers);
}

TEST_CASE("saveAsObjectFiles allocates nothing per record", "[output][saveAsObjectFiles]")
{
    const ScratchFolder folder;
    TestEngine engine{{}};
    BatchQueue<std::string> queue;
    for (int i = 0; i < 4; ++i) {
        queue.pushPartitions(Parts<std::string>{{"a", "b"}, {"c"}});
    }
    queue.pushPartitions(Parts<std::string>{std::vector<std::string>(30'000, "a"), {"c"}});
    sluice::queueStream(engine.runtime(), queue) | saveAsObjectFiles(folder.path("n"));
    engine.runtime().start();
    engine.executor().run();
    const auto nextBatch = [&] { engine.nextBatch(); };
    for (int i = 0; i < 3; ++i) {
        nextBatch();
    }
    const std::size_t small = sluice::test::allocationsOf(nextBatch);
    CHECK(sluice::test::allocationsOf(nextBatch) < small + 50);
}
