#include "spark/spark_case.hpp"

#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/save_as_object_files.hpp>
#include <sluice/output/save_as_text_files.hpp>
#include <sluice/storage/object_file.hpp>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

// The cases of Spark Streaming's CheckpointSuite about files that are written again by a context
// that does over what an earlier one had done: "recovery with saveAsHadoopFiles operation" and its
// kin. Here the batches are run again from the first on; there is nothing yet that remembers where
// the first context was.

using namespace std::chrono_literals;
using sluice::BatchQueue, sluice::map, sluice::reduceByKey;
using sluice::test::ScratchFolder, sluice::test::SparkCase, sluice::test::World;
namespace fs = std::filesystem;

namespace {
using Count = std::pair<std::string, int>;
using Counts = std::vector<Count>;

const std::vector<std::vector<std::string>> input{
    {"a", "a", "b"}, {"", ""}, {}, {"a", "a", "b"}, {"", ""}, {}};
const std::vector<Counts> expected{
    {{"a", 2}, {"b", 1}}, {{"", 2}}, {}, {{"a", 2}, {"b", 1}}, {{"", 2}}, {}};

void countInto(const std::string& prefix, int batches)
{
    World world;
    SparkCase run{world, {.batchInterval = 500ms, .defaultPartitions = 3}};
    BatchQueue<std::string> queue;
    for (const auto& batch : input) {
        queue.push(batch);
    }
    const auto counts = run.context().queueStream(queue) | map([](const std::string& word) {
        return std::pair{word, 1};
    }) | reduceByKey(std::plus{});
    counts | sluice::saveAsTextFiles(prefix, "result");
    counts | map([](const auto& count) {
        return Count{count.first, count.second};
    }) | sluice::saveAsObjectFiles(prefix, "objects");
    run.start();
    run.batches(batches);
}

Counts readBatch(const std::string& directory)
{
    Counts all;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto part =
            sluice::readObjectFile<Count>(directory + "/part-0000" + std::to_string(i));
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    return all;
}
} // namespace

TEST_CASE(
    "recovery with saveAsHadoopFiles operation", "[spark][saveAsTextFiles][saveAsObjectFiles]")
{
    const ScratchFolder folder;
    const std::string prefix = folder.path("counts");
    countInto(prefix, 3);
    countInto(prefix, 6); // does over the first three
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        const std::string name = "counts-" + std::to_string(500 * (i + 1));
        CHECK(readBatch(folder.path(name + ".objects")) == expected[i]);
        CHECK(fs::exists(folder.path(name + ".objects/_SUCCESS")));
        std::string text;
        std::size_t files = 0;
        for (const auto& entry : fs::directory_iterator{folder.path(name + ".result")}) {
            text += folder.read(entry.path().string());
            ++files;
        }
        CHECK(files == 3 + 1);
        for (const auto& [word, count] : expected[i]) {
            CHECK(text.find("(" + word + "," + std::to_string(count) + ")\n") != std::string::npos);
        }
        CHECK(std::count(text.begin(), text.end(), '\n') ==
              static_cast<std::ptrdiff_t>(expected[i].size()));
    }
    CHECK(std::distance(fs::directory_iterator{folder.path("")}, {}) == 12);
}
