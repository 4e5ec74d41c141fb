#include <sluice/engine/stage.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using sluice::engine::BatchContext, sluice::engine::explain, sluice::engine::explainDot,
    sluice::engine::fingerprint, sluice::engine::Output, sluice::engine::planOf,
    sluice::engine::Stage, sluice::engine::StageInfo, sluice::engine::TaskContext;

namespace {
// They are only there to be explained.
class IdleStage final : public Stage {
public:
    using Stage::Stage;
    Work open(const BatchContext&) override { return {}; }
    void runTask(std::size_t, TaskContext&) override {}
};
class IdleOutput final : public Output {
public:
    using Output::Output;
    Work open(const BatchContext&) override { return {}; }
    void runTask(std::size_t, TaskContext&) override {}
    void commit(const BatchContext&) override {}
};

std::shared_ptr<Stage> stage(StageInfo info, Stage::Inputs inputs = {})
{
    return std::make_shared<IdleStage>(std::move(info), std::move(inputs));
}
std::shared_ptr<Stage> output(StageInfo info, Stage::Inputs inputs)
{
    return std::make_shared<IdleOutput>(std::move(info), std::move(inputs));
}

// A word count; `info` is that of the stage behind the shuffle.
std::vector<std::shared_ptr<Stage>> wordCount(StageInfo info = {2, "reduceByKey", "merge", 8})
{
    auto source = stage({0, "socketTextStream localhost:9999", "socketTextStream localhost:9999"});
    auto before = stage({1, "reduceByKey", "flatMap | map | combine"}, {std::move(source)});
    auto behind = stage(std::move(info), {std::move(before)});
    return {output({3, "print", "print"}, {std::move(behind)})};
}
} // namespace

TEST_CASE("a plan as DOT has a node for each stage and an edge for each input", "[engine][explain]")
{
    CHECK(explainDot(wordCount()) == R"(digraph plan {
    stage0 [shape=ellipse, label="0: socketTextStream localhost:9999"];
    stage1 [shape=box, label="1: reduceByKey\nflatMap | map | combine"];
    stage2 [shape=box, label="2: reduceByKey\nmerge\n8 partitions"];
    stage3 [shape=doubleoctagon, label="3: print"];
    stage0 -> stage1;
    stage1 -> stage2;
    stage2 -> stage3;
}
)");
}

TEST_CASE("a stage that two others read is one node of the DOT", "[engine][explain]")
{
    const auto source = stage({0, "queueStream", "queueStream"});
    const auto both = stage({2, "union", "union"}, {source, source});
    CHECK(explainDot(
              {output({1, "print", "print"}, {source}), output({3, "count", "count"}, {both})}) ==
          R"(digraph plan {
    stage0 [shape=ellipse, label="0: queueStream"];
    stage1 [shape=doubleoctagon, label="1: print"];
    stage2 [shape=box, label="2: union"];
    stage3 [shape=doubleoctagon, label="3: count"];
    stage0 -> stage1;
    stage0 -> stage2;
    stage0 -> stage2;
    stage2 -> stage3;
}
)");
}

TEST_CASE("names in a DOT are escaped", "[engine][explain]")
{
    CHECK(explainDot({stage({7, "a \"b\" \\N &amp;\nc", "map", 1})}) == R"(digraph plan {
    stage7 [shape=ellipse, label="7: a \"b\" \\N &amp;amp;\nc\nmap\n1 partition"];
}
)");
}

TEST_CASE("a plan without stages is explained by nothing", "[engine][explain]")
{
    CHECK(explain({}).empty());
    CHECK(explainDot({}) == "digraph plan {\n}\n");
    CHECK(fingerprint({}) == 0xcbf29ce484222325U);
}

TEST_CASE("the fingerprint of a plan is the same everywhere", "[engine][explain]")
{
    CHECK(fingerprint(wordCount()) == 0x88cc7d33e4e86725U);
    CHECK(planOf(wordCount()) == explain(wordCount()) + "plan 88cc7d33e4e86725\n");
}

TEST_CASE("the fingerprint changes with all that makes a plan", "[engine][explain]")
{
    const std::uint64_t as = fingerprint(wordCount());
    CHECK(fingerprint(wordCount({4, "reduceByKey", "merge", 8})) != as);
    CHECK(fingerprint(wordCount({2, "reduce", "merge", 8})) != as);
    CHECK(fingerprint(wordCount({2, "reduceByKey", "merge | map", 8})) != as);
    CHECK(fingerprint(wordCount({2, "reduceByKeym", "erge", 8})) != as);
    CHECK(fingerprint(wordCount({2, "reduceByKey", "merge", 4})) != as);
    auto twice = wordCount();
    twice.push_back(output({4, "print", "print"}, twice.front()->inputs()));
    CHECK(fingerprint(twice) != as);
    const auto source = stage({0, "queueStream", "queueStream"});
    CHECK(fingerprint({stage({1, "union", "union"}, {source})}) !=
          fingerprint({stage({1, "union", "union"}, {source, source})}));
}

TEST_CASE("the last line of a plan is its fingerprint, 16 digits of it", "[engine][explain]")
{
    const std::string text = planOf(wordCount());
    const std::string last = text.substr(explain(wordCount()).size());
    CHECK(last.size() == 22);
    CHECK(last.substr(0, 5) == "plan ");
    CHECK(last.find_first_not_of("0123456789abcdef", 5) == 21);
}
