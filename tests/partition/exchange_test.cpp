#include <sluice/partition/exchange.hpp>

#include <sluice/partition/combine_table.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using sluice::CombineTable, sluice::Exchange;

namespace {
using Counts = std::map<std::string, long>;
using Table = CombineTable<std::string_view, long>;

std::vector<std::string> randomWords(unsigned seed, std::size_t count)
{
    std::mt19937 random{seed};
    std::vector<std::string> words;
    for (std::size_t i = 0; i < count; ++i) {
        words.push_back(std::string(1 + random() % 20, static_cast<char>('a' + random() % 26)));
    }
    return words;
}

std::shared_ptr<const Table> countsOf(const std::vector<std::string>& words)
{
    auto table = std::make_shared<Table>();
    std::plus<long> plus;
    for (const auto& word : words) {
        table->add(word, 1L, plus);
    }
    return table;
}

/// What the reader of one partition makes of all tables.
Counts readPartition(const Exchange<Table>& exchange, std::size_t partition, std::size_t partitions)
{
    Table merged;
    std::plus<long> plus;
    for (const auto& table : exchange.tables()) {
        merged.merge(*table, partition, partitions, plus);
    }
    Counts counts;
    merged.forEach([&](std::string_view key, long value) { counts.emplace(key, value); });
    return counts;
}
} // namespace

TEST_CASE("an exchange gives each table back at the place of its task", "[partition][exchange]")
{
    Exchange<int> exchange;
    exchange.open(3);
    exchange.put(2, std::make_shared<const int>(22));
    exchange.put(0, std::make_shared<const int>(20));
    exchange.put(1, std::make_shared<const int>(21));
    REQUIRE(exchange.tables().size() == 3);
    for (std::size_t task = 0; task < 3; ++task) {
        CHECK(*exchange.tables()[task] == static_cast<int>(20 + task));
    }
}

TEST_CASE("a task that is tried again replaces its table", "[partition][exchange]")
{
    Exchange<int> exchange;
    exchange.open(1);
    exchange.put(0, std::make_shared<const int>(1));
    exchange.put(0, std::make_shared<const int>(2));
    CHECK(*exchange.tables().front() == 2);
}

TEST_CASE("an exchange lets go of its tables when the batch ends", "[partition][exchange]")
{
    Exchange<int> exchange;
    exchange.open(1);
    auto table = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = table;
    exchange.put(0, std::move(table));
    CHECK_FALSE(watched.expired());
    exchange.clear();
    CHECK(watched.expired());
    CHECK(exchange.tables().empty());
    exchange.open(2);
    CHECK(exchange.tables()[0] == nullptr);
}

TEST_CASE("partitions read from an exchange add up to what was put in", "[partition][exchange]")
{
    for (const auto seed : {1U, 2U, 3U}) {
        for (const std::size_t partitions : {1U, 2U, 3U, 8U}) {
            CAPTURE(seed, partitions);
            Exchange<Table> exchange;
            Counts expected;
            exchange.open(4);
            for (unsigned task = 0; task < 4; ++task) {
                const auto words = randomWords(10 * seed + task, 500);
                for (const auto& word : words) {
                    ++expected[word];
                }
                exchange.put(task, countsOf(words));
            }
            Counts all;
            std::size_t entries = 0;
            for (std::size_t i = 0; i < partitions; ++i) {
                const auto counts = readPartition(exchange, i, partitions);
                entries += counts.size();
                all.insert(counts.begin(), counts.end());
            }
            CHECK(all == expected);
            CHECK(entries == expected.size()); // no key in two partitions
        }
    }
}

TEST_CASE(
    "tasks on several threads may put their tables at once", "[partition][exchange][parallel]")
{
    constexpr std::size_t tasks = 64;
    Exchange<std::size_t> exchange;
    exchange.open(tasks);
    const auto putEverySecond = [&exchange](std::size_t first) {
        for (auto task = first; task < tasks; task += 2) {
            exchange.put(task, std::make_shared<const std::size_t>(task));
        }
    };
    std::thread other{putEverySecond, 0U};
    putEverySecond(1);
    other.join();
    for (std::size_t task = 0; task < tasks; ++task) {
        CHECK(*exchange.tables()[task] == task);
    }
}
