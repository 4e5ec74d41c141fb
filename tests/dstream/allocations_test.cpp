#include <sluice/dstream/dstream.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t
__sanitizer_get_current_allocated_bytes(); // its header is often not installed
#elif defined(__GLIBC__)
#include <malloc.h>
#endif

using sluice::BatchQueue, sluice::cache, sluice::count, sluice::filter, sluice::flatMap,
    sluice::foreachBatch, sluice::map, sluice::reduceByKey, sluice::words;
using sluice::testing::TestEngine;

namespace {
/// Bytes of the heap in use; always 0 where nobody can tell.
std::size_t liveBytes()
{
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#elif defined(__GLIBC__)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

using Partitions = std::vector<std::vector<std::string>>;

Partitions lines(std::size_t count, std::size_t partitions = 2)
{
    const std::string line{"to be or not to be that is the question of questions"};
    return Partitions(partitions, std::vector<std::string>(count / partitions, line));
}

/// A stream of lines on an engine of its own, a batch at a time.
template <class Build>
class Lines {
public:
    explicit Lines(Build build, std::size_t parallelism = 1)
        : engine_{sluice::Options{.parallelism = parallelism}}
    {
        build(sluice::queueStream(engine_.runtime(), queue_));
        engine_.runtime().start();
        engine_.executor().run();
    }

    /// The calls of `operator new` that one batch of `partitions` makes.
    std::size_t allocationsOf(const Partitions& partitions)
    {
        queue_.pushPartitions(partitions);
        return sluice::test::allocationsOf([this] { engine_.nextBatch(); });
    }

    void run(const Partitions& partitions)
    {
        queue_.pushPartitions(partitions);
        engine_.nextBatch();
    }

    /// Fills the event log with events as large as those of real batches, so that it grows no more.
    void fillEventLog()
    {
        auto& log = engine_.runtime().events();
        auto events = log.since(0);
        events.erase(events.begin(), events.end() - 2);
        while (log.forgotten() == 0) {
            for (const auto& event : events) {
                log.add(event);
            }
        }
    }

private:
    TestEngine engine_;
    BatchQueue<std::string> queue_;
};

/// `operator new` calls of a batch of a hundred times the records, less those of the small one.
template <class Build>
void checkAllocations(Build build, bool fromTheFirst = true, std::size_t atMost = 60)
{
    const auto few = lines(1'000);
    const auto many = lines(100'000);
    const auto tiny = lines(2);
    Lines small{build};
    Lines large{build};
    // Only one of the two ever saw the large batch, so what comes now is cold in both.
    small.run(tiny);
    large.run(tiny);
    const auto coldFew = small.allocationsOf(few);
    const auto coldMany = large.allocationsOf(many);
    CAPTURE(coldFew, coldMany);
    for (int i = 0; i < 3; ++i) {
        small.run(few);
    }
    for (int i = 0; i < 3; ++i) {
        large.run(many);
    }
    const auto warmFew = small.allocationsOf(few);
    const auto warmMany = large.allocationsOf(many);
    CAPTURE(warmFew, warmMany);
    if (!sluice::test::countsAllocations) { return; }
    CHECK(warmMany <= warmFew + 1);
    CHECK(warmMany < atMost);
    // A buffer of unknown size that grows takes some steps more for a hundred times the records.
    CHECK(coldMany <= coldFew + (fromTheFirst ? 1U : 16U));
}

constexpr auto ignore = [](const auto&) {};
constexpr auto byLength = map([](const std::string& line) { return std::pair{line.size(), 1L}; });
constexpr auto notEmpty = filter([](const std::string& line) { return !line.empty(); });
constexpr auto wordCount = flatMap(words) | map([](std::string_view word) {
    return std::pair{word, 1L};
});
} // namespace

TEST_CASE("calls of operator new do not grow with the records of a narrow chain",
    "[dstream][allocations]")
{
    SECTION("into a materialised batch")
    {
        checkAllocations([](const auto& in) { in | notEmpty | byLength | foreachBatch(ignore); });
    }
    SECTION("through cache into two outputs")
    {
        checkAllocations([](const auto& in) {
            const auto cached =
                in | byLength | sluice::mapValues([](long n) { return n + 1; }) | cache();
            cached | foreachBatch(ignore);
            cached | filter([](const auto& pair) { return pair.second > 0; }) |
                foreachBatch(ignore);
        });
    }
    SECTION("of views that borrow")
    {
        checkAllocations(
            [](const auto& in) {
                in | flatMap(words) |
                    filter([](std::string_view word) { return word.size() > 2; }) |
                    foreachBatch(ignore);
            },
            false);
    }
    SECTION("into count")
    {
        checkAllocations(
            [](const auto& in) { in | flatMap(words) | count() | foreachBatch(ignore); });
    }
    SECTION("into reduce")
    {
        checkAllocations([](const auto& in) {
            in | map([](const std::string& line) { return line.size(); }) |
                sluice::reduce(std::plus{}) | foreachBatch(ignore);
        });
    }
    SECTION("into reduceByKey")
    {
        checkAllocations([](const auto& in) {
            in | wordCount | reduceByKey(std::plus{}) | foreachBatch(ignore);
        });
    }
    SECTION("into groupByKey")
    {
        checkAllocations(
            [](const auto& in) { in | wordCount | sluice::groupByKey() | foreachBatch(ignore); },
            false);
    }
    SECTION("into a join")
    {
        checkAllocations(
            [](const auto& in) {
                in | wordCount | sluice::join(in | wordCount | reduceByKey(std::plus{})) | count() |
                    foreachBatch(ignore);
            },
            false, 90); // of six stages
    }
    SECTION("into print")
    {
        std::ostringstream out;
        out.setstate(std::ios_base::badbit); // its own buffer grows
        checkAllocations([&out](const auto& in) { in | byLength | sluice::print(out); });
    }
}

TEST_CASE("bytes under views that do not borrow are copied in chunks, not one by one",
    "[dstream][allocations]")
{
    const auto copied = map([](const std::string& line) { return std::string_view{line}; });
    Lines run{[&](const auto& in) { in | copied | foreachBatch(ignore); }};
    const auto many = lines(100'000);
    const auto cold = run.allocationsOf(many);
    const auto warm = run.allocationsOf(many);
    CAPTURE(cold, warm);
    CHECK(cold < 100); // of 5 MB
    CHECK(warm < 60);
}

TEST_CASE("the heap does not grow over 1,000 steady batches", "[dstream][allocations]")
{
    for (const std::size_t parallelism : {1U, 2U}) {
        CAPTURE(parallelism);
        std::ostringstream out;
        out.setstate(std::ios_base::badbit);
        Lines run{[&out](const auto& in) {
                      const auto counts = in | wordCount | reduceByKey(std::plus{});
                      counts | sluice::print(out);
                      counts | map([](const auto& pair) { return std::string_view{pair.first}; }) |
                          cache() | count() | foreachBatch(ignore);
                      in | byLength | cache() | sluice::mapValues([](long n) { return n; }) |
                          foreachBatch(ignore);
                  },
            parallelism};
        const std::array steady{lines(40, 1), lines(100, 4), lines(60, 3)};
        const auto batches = [&](std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                run.run(steady[i % steady.size()]);
            }
        };
        batches(30);
        run.fillEventLog();
        batches(300);
        const auto before = liveBytes();
        batches(1'000);
        const auto after = liveBytes();
        CAPTURE(before, after);
        CHECK(after <= before + 8'192); // 8 bytes a batch would show
    }
}

TEST_CASE("what a single large batch took is given back", "[dstream][allocations]")
{
    Lines run{[](const auto& in) {
        in | flatMap(words) | cache() | foreachBatch(ignore);
        in | map([n = 0](const std::string&) mutable {
            return std::pair{n++, 1};
        }) | reduceByKey(std::plus{}) |
            foreachBatch(ignore);
    }};
    const auto small = lines(100);
    for (int i = 0; i < 10; ++i) {
        run.run(small);
    }
    const auto before = liveBytes();
    run.run(lines(200'000));
    for (int i = 0; i < 10; ++i) {
        run.run(small);
    }
    const auto after = liveBytes();
    CAPTURE(before, after);
    CHECK(after <= before + 1'000'000);
}
