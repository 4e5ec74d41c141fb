#include <sluice/partition/group_table.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::GroupTable, sluice::GroupWriter;

namespace {
template <class K, class V>
using Oracle = std::map<K, std::vector<V>>;

template <class K, class V>
GroupTable<K, V> tableOf(const std::vector<std::pair<K, V>>& records, GroupTable<K, V> table = {})
{
    GroupWriter<K, V> writer{std::move(table)};
    for (const auto& [key, value] : records) {
        writer.add(key, value);
    }
    table = writer.finish();
    table.settle();
    return table;
}

template <class K, class V>
Oracle<K, V> contents(
    const GroupTable<K, V>& table, std::size_t partition = 0, std::size_t partitions = 1)
{
    Oracle<K, V> out;
    table.forEachEntry(partition, partitions, [&](const auto& entry) {
        const auto values = table.valuesOf(entry);
        REQUIRE_FALSE(values.empty());
        CHECK(values.data() == table.find(entry).data());
        REQUIRE(out.emplace(K(table.keyOf(entry)), std::vector<V>(values.begin(), values.end()))
                    .second);
    });
    return out;
}

template <class K, class V>
Oracle<K, V> grouped(const std::vector<std::pair<K, V>>& records)
{
    Oracle<K, V> out;
    for (const auto& [key, value] : records) {
        out[key].push_back(value);
    }
    return out;
}

using Texts = std::vector<std::pair<std::string, std::string>>;

Texts randomTexts(unsigned seed, std::size_t count, std::size_t keys)
{
    std::mt19937 random{seed};
    Texts records;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = random() % keys;
        auto text = std::to_string(key) + (key % 3 == 0 ? "-a key of more than fifteen bytes" : "");
        records.emplace_back(std::move(text), std::to_string(i) + ": a value beyond the short");
    }
    return records;
}

/// Has no default, so that room for it must be made of copies.
struct NoDefault {
    explicit NoDefault(int n) : number{n} {}
    int number;
    bool operator==(const NoDefault&) const = default;
};
} // namespace

template <>
inline constexpr bool sluice::Owning<NoDefault> = true;

TEST_CASE("a group table keeps the values of a key side by side, in their order",
    "[partition][GroupTable]")
{
    const std::vector<std::pair<int, char>> records{{1, 'a'}, {2, 'b'}, {1, 'c'}, {1, 'd'}};
    const auto table = tableOf(records);
    CHECK(table.size() == 2);
    CHECK(contents(table) == Oracle<int, char>{{1, {'a', 'c', 'd'}}, {2, {'b'}}});
}

TEST_CASE("a group table agrees with a map of vectors over random texts", "[partition][GroupTable]")
{
    for (const unsigned seed : {1U, 2U, 3U}) {
        for (const std::size_t keys : {1U, 50U, 5'000U, 100'000U}) {
            CAPTURE(seed, keys);
            const auto records = randomTexts(seed, 20'000, keys);
            CHECK(contents(tableOf(records)) == grouped(records));
        }
    }
}

TEST_CASE("the partitions of a group table are the whole table", "[partition][GroupTable]")
{
    const auto records = randomTexts(4, 3'000, 700);
    const auto table = tableOf(records);
    for (const std::size_t n : {1U, 2U, 3U, 8U, 1'000U}) {
        CAPTURE(n);
        Oracle<std::string, std::string> all;
        for (std::size_t i = 0; i < n; ++i) {
            all.merge(contents(table, i, n));
        }
        CHECK(all == grouped(records));
    }
}

TEST_CASE("merged tables hold what the tables hold, values of earlier tables first",
    "[partition][GroupTable]")
{
    using Table = GroupTable<std::string, std::string>;
    for (const std::size_t tables : {1U, 2U, 5U}) {
        for (const std::size_t n : {1U, 3U, 8U}) {
            CAPTURE(tables, n);
            const auto records = randomTexts(5, 4'000, 900);
            std::vector<std::shared_ptr<const Table>> parts;
            for (std::size_t t = 0; t < tables; ++t) {
                const auto at = [&](std::size_t i) {
                    return records.begin() +
                           static_cast<std::ptrdiff_t>(i * records.size() / tables);
                };
                parts.push_back(std::make_shared<const Table>(tableOf(Texts{at(t), at(t + 1)})));
            }
            Oracle<std::string, std::string> all;
            Table merged;
            for (std::size_t i = 0; i < n; ++i) {
                merged.merge(parts, i, n);
                all.merge(contents(merged));
                merged.clear();
            }
            CHECK(all == grouped(records));
        }
    }
}

TEST_CASE("a key of one table is found in another, whatever the values and the partitions",
    "[partition][GroupTable]")
{
    const auto here = tableOf(randomTexts(6, 2'000, 500));
    const auto numbers = [] {
        std::vector<std::pair<std::string_view, int>> records;
        static const auto texts = randomTexts(7, 900, 1'000);
        for (const auto& [key, value] : texts) {
            records.emplace_back(key, static_cast<int>(value.size()));
        }
        return records;
    }();
    using Numbers = GroupTable<std::string_view, int>;
    std::vector<std::shared_ptr<const Numbers>> parts{
        std::make_shared<const Numbers>(tableOf(numbers))};
    const auto oracle = grouped(numbers);
    std::size_t found = 0;
    for (const std::size_t n : {1U, 7U}) {
        for (std::size_t i = 0; i < n; ++i) {
            Numbers merged;
            merged.merge(parts, i, n);
            here.forEachEntry(i, n, [&](const auto& entry) {
                const auto values = merged.find(entry);
                const auto expected = oracle.find(here.keyOf(entry));
                CHECK(values.empty() == (expected == oracle.end()));
                if (expected == oracle.end()) { return; }
                CHECK(std::vector(values.begin(), values.end()) == expected->second);
                ++found;
            });
        }
    }
    CHECK(found > 100);
}

TEST_CASE("a group table can be asked for a key, trimmed or not", "[partition][GroupTable]")
{
    const auto records = randomTexts(5, 300, 40);
    auto table = tableOf(records);
    table.trim();
    for (const auto& [key, values] : grouped(records)) {
        const auto found = table.find(std::string_view{key});
        CHECK(std::vector<std::string>(found.begin(), found.end()) == values);
    }
    CHECK(table.find(std::string_view{"40"}).empty());
    CHECK(table.find(std::string_view{"none, of more than fifteen bytes"}).empty());

    using Key = std::pair<int, int>;
    const auto pairs = tableOf<Key, int>({{{1, 2}, 3}, {{2, 1}, 4}, {{1, 2}, 5}});
    CHECK(pairs.find(Key{1, 2}).size() == 2);
    CHECK(pairs.find(Key{2, 2}).empty());
    CHECK(GroupTable<int, int>{}.find(7).empty());
}

TEST_CASE("a group table owns the bytes under the views of its values", "[partition][GroupTable]")
{
    using Views = GroupTable<std::string_view, std::pair<int, std::string_view>>;
    Views table;
    {
        const std::string key(40, 'k');
        const std::string value(40, 'v');
        GroupWriter<std::string_view, std::pair<int, std::string_view>> writer{std::move(table)};
        writer.add(key, std::pair{7, std::string_view{value}});
        table = writer.finish();
        table.settle();
    }
    table.forEachEntry(0, 1, [&](const auto& entry) {
        CHECK(table.keyOf(entry) == std::string(40, 'k'));
        CHECK(
            table.valuesOf(entry).front() == std::pair{7, std::string_view{std::string(40, 'v')}});
    });
}

TEST_CASE("values need no default, and bool is a value like any other", "[partition][GroupTable]")
{
    std::vector<std::pair<int, NoDefault>> records;
    std::vector<std::pair<int, bool>> bits;
    for (int i = 0; i < 100; ++i) {
        records.emplace_back(i % 7, NoDefault{i});
        bits.emplace_back(i % 7, i % 3 == 0);
    }
    CHECK(contents(tableOf(records)) == grouped(records));
    CHECK(contents(tableOf(bits)) == grouped(bits));
}

TEST_CASE("a cleared group table is empty and can be filled again without the heap",
    "[partition][GroupTable]")
{
    std::vector<std::pair<std::int64_t, std::int64_t>> records;
    for (std::int64_t i = 0; i < 10'000; ++i) {
        records.emplace_back(i % 1'000, i);
    }
    auto table = tableOf(records);
    const auto again = [&] {
        table.clear();
        table = tableOf(records, std::move(table));
    };
    again();
    const auto calls = sluice::test::allocationsOf(again);
    // The writer begins with a table of its own size, and a moved-from table is not used again.
    CHECK(calls <= 4);
    CHECK(contents(table) == grouped(records));
    table.clear();
    CHECK(table.size() == 0);
    CHECK(contents(table).empty());
}
