// What belongs to a program under test, tried without threads, sleeps or sockets. Plain checks
// stand for those of a test framework.

#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing/collect.hpp>
#include <sluice/testing/fail_at.hpp>
#include <sluice/testing/laws.hpp>
#include <sluice/testing/run_batches.hpp>
#include <sluice/testing/scripted_source.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sl = sluice;
using namespace std::chrono_literals;
using sl::testing::arbitrary, sl::testing::Batches, sl::testing::failAt, sl::testing::runBatches;

namespace {
using Sale = std::pair<std::string, int>; // a name and a price
using City = std::pair<std::string, std::string>;

int failures = 0;

void check(bool holds, std::string_view what)
{
    std::cout << (holds ? "ok: " : "FAILED: ") << what << '\n';
    failures += holds ? 0 : 1;
}

/// Under test: a pipeline. It throws for a negative price.
auto totalsByName()
{
    const auto valid = [](const Sale& sale) {
        return sale.second >= 0 ? true : throw std::domain_error{"a negative price"};
    };
    return sl::filter(valid) | sl::reduceByKey([](int a, int b) { return a + b; });
}

/// Under test: a function of two streams.
auto pricesByCity(const sl::DStream<Sale>& sales, const sl::DStream<City>& cities)
{
    return sales | sl::join(cities) | sl::values | sl::map([](const auto& both) {
        return Sale{both.second, both.first};
    });
}

/// Under test: what a window is to reduce by.
int smaller(int a, int b)
{
    return std::min(a, b);
}

void testPipeline()
{
    const Batches<Sale> sales{{{"ann", 2}, {"ann", 3}}, {{"bob", -1}}};
    for (const auto partitions : {1U, 2U, 3U}) {
        const auto out = runBatches(sales, totalsByName(), {.partitions = partitions});
        check(out.batches == Batches<Sale>{{{"ann", 5}}}, "sums by name");
        check(out.failure && out.failure->operatorName == "filter" && out.failure->batchIndex == 1,
            "a negative price fails its batch");
    }
}

void testTwoStreams()
{
    const auto out = runBatches(
        Batches<Sale>{{{"ann", 2}}, {{"bob", 3}}}, Batches<City>{{{"ann", "Oslo"}}}, pricesByCity);
    check(out.batches == Batches<Sale>{{{"Oslo", 2}}, {}}, "prices go to the city of the name");
}

void testFailures()
{
    const Batches<Sale> sales{{{"ann", 1}}, {{"ann", 2}, {"ann", 3}}};
    const auto fails = [](unsigned times) {
        return failAt({.batch = 1, .record = 1, .times = times}) | totalsByName();
    };
    const auto twice = runBatches(sales, fails(2), {.maxTaskFailures = 3});
    check(twice.batches == Batches<Sale>{{{"ann", 1}}, {{"ann", 5}}},
        "a task that fails twice adds nothing up twice");
    const auto always = runBatches(sales, fails(sl::testing::always), {.maxTaskFailures = 3});
    check(always.failure && always.batches.size() == 1, "a task that always fails ends the run");
}

void testReconnect()
{
    sl::testing::TestEngine test{{.batchInterval = 1s}};
    sl::testing::ScriptedSource<Sale> shop;
    const auto out =
        sl::testing::collect(sl::testing::scriptedStream(test.runtime(), shop) | totalsByName());
    test.start();
    shop.emit({{"ann", 2}});
    shop.disconnect("the line is cut");
    shop.emit({{"ann", 3}});
    test.pass(99ms); // Options::reconnect waits for 100 ms before the first new attempt
    check(test.metrics().sources.at(0).reconnects == 0, "waits before it reconnects");
    test.pass(1ms);
    check(test.metrics().sources.at(0).reconnects == 1, "reconnects after 100 ms");
    test.pass(900ms);
    check(out->batches == Batches<Sale>{{{"ann", 5}}}, "loses nothing that was emitted");
    test.jump(3); // as for a process that was held up
    check(out->batches.size() == 4, "makes up for batches that it missed");
}

void testLaws()
{
    check(bool{sl::testing::isAssociative(smaller, arbitrary<int>)}, "smaller is associative");
    check(bool{sl::testing::isCommutative(smaller, arbitrary<int>)}, "smaller is commutative");
    const auto larger = [](int a, int b) { return std::max(a, b); };
    const auto law = sl::testing::hasInverse(smaller, larger, std::array{1, 2});
    check(!law, "larger does not undo smaller:");
    std::cout << "    " << law << '\n';
}
} // namespace

int main()
{
    testPipeline();
    testTwoStreams();
    testFailures();
    testReconnect();
    testLaws();
    return failures;
}
