#include <sluice/partition/combine_table.hpp>

#include <sluice/partition/combine_writer.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::CombineTable, sluice::CombineWriter;

namespace {
/// A key that has whatever hash the test gives it.
struct Chosen {
    std::uint64_t hash;
    int name;

    auto operator<=>(const Chosen&) const = default;
};
} // namespace

template <>
struct sluice::detail::Hasher<Chosen> {
    std::uint64_t operator()(const Chosen& key) const { return key.hash; }
};

namespace {
template <class K, class V>
using Oracle = std::map<K, V>;

template <class K, class V>
Oracle<K, V> contents(const CombineTable<K, V>& table)
{
    Oracle<K, V> out;
    table.forEach([&](const auto& key, const V& value) {
        REQUIRE(out.emplace(K{key}, value).second); // no key twice
    });
    REQUIRE(out.size() == table.size());
    return out;
}

template <class K, class V>
Oracle<K, V> partOf(const Oracle<K, V>& all, std::size_t partition, std::size_t partitions)
{
    sluice::HashPartitioner partitionOf{partitions};
    Oracle<K, V> out;
    for (const auto& [key, value] : all) {
        if (partitionOf(key) == partition) { out.emplace(key, value); }
    }
    return out;
}

template <class K, class V>
void addAll(CombineTable<K, V>& table, Oracle<K, V>& oracle, const K& key, const V& value)
{
    std::plus<> plus;
    table.add(key, value, plus);
    auto [at, isNew] = oracle.try_emplace(key, value);
    if (!isNew) { at->second = at->second + value; }
}

/// Partitions of several tables, merged, are the partitions of what all of them hold together.
template <class K, class V>
void checkMerges(const std::vector<CombineTable<K, V>>& tables, const Oracle<K, V>& all)
{
    std::plus<> plus;
    for (std::size_t partitions = 1; partitions <= 8; ++partitions) {
        for (std::size_t p = 0; p < partitions; ++p) {
            CombineTable<K, V> merged;
            for (const auto& table : tables) {
                merged.merge(table, p, partitions, plus);
            }
            REQUIRE(contents(merged) == partOf(all, p, partitions));
            // What was merged can be asked for its partitions too.
            Oracle<K, V> seen;
            merged.forEachIn(
                0, 2, [&](const auto& key, const V& value) { seen.emplace(key, value); });
            REQUIRE(seen == partOf(partOf(all, p, partitions), 0, 2));
        }
    }
}

std::string randomKey(std::mt19937& random, std::size_t kinds)
{
    std::size_t kind = random() % kinds;
    std::mt19937 own{static_cast<std::uint32_t>(kind)};
    std::string key(own() % (kind % 8 == 0 ? 60 : 18), '\0');
    for (char& c : key) {
        c = static_cast<char>(own() % 4);
    } // many zeros, many alike
    return key;
}
} // namespace

TEST_CASE("a table of texts agrees with a map on random streams", "[partition][combine_table]")
{
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        std::size_t kinds = std::size_t{1} << (seed % 13);
        std::vector<CombineTable<std::string, long>> tables(1 + seed % 4);
        Oracle<std::string, long> all;
        for (auto& table : tables) {
            Oracle<std::string, long> own;
            for (std::size_t i = 0; i < 3 * kinds; ++i) {
                std::string key = randomKey(random, kinds);
                long value = static_cast<long>(random() % 100);
                addAll(table, own, key, value);
                all[key] += value;
            }
            REQUIRE(contents(table) == own);
        }
        checkMerges(tables, all);
    }
}

TEST_CASE(
    "texts of every length around the limit of a slot stay apart", "[partition][combine_table]")
{
    CombineTable<std::string, int> table;
    Oracle<std::string, int> oracle;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t size = 0; size <= 40; ++size) {
            for (char c : {'\0', 'a', '\xff'}) {
                addAll(table, oracle, std::string(size, c), 1);
            }
        }
    }
    CHECK(contents(table) == oracle);
}

TEST_CASE("values may be of any copyable type", "[partition][combine_table]")
{
    std::mt19937 random{5};
    std::vector<CombineTable<std::string, std::string>> texts(3);
    Oracle<std::string, std::string> all;
    for (auto& table : texts) {
        for (int i = 0; i < 500; ++i) {
            std::string key = randomKey(random, 200);
            Oracle<std::string, std::string> own;
            addAll(table, own, key, std::string(20, 'x'));
            all[key] += std::string(20, 'x');
        }
    }
    checkMerges(texts, all);

    CombineTable<int, std::vector<int>> groups;
    auto append = [](std::vector<int> a, const std::vector<int>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    for (int i = 0; i < 1000; ++i) {
        groups.add(i % 10, std::vector{i}, append);
    }
    groups.forEach([](int key, const std::vector<int>& values) {
        CHECK(values.size() == 100);
        CHECK(values.front() == key);
        CHECK(values.back() == 990 + key);
    });
}

TEST_CASE("keys that are no texts are stored as they are", "[partition][combine_table]")
{
    using Pair = std::pair<std::string, int>;
    std::vector<CombineTable<Pair, long>> pairs(2);
    std::vector<CombineTable<int, long>> numbers(2);
    Oracle<Pair, long> allPairs;
    Oracle<int, long> allNumbers;
    std::mt19937 random{9};
    std::plus<> plus;
    for (int i = 0; i < 5000; ++i) {
        Pair pair{std::string(random() % 30, 'k'), static_cast<int>(random() % 50)};
        int number = static_cast<int>(random() % 3000) - 1500;
        pairs[random() % 2].add(pair, 1L, plus);
        numbers[random() % 2].add(number, 1L, plus);
        ++allPairs[pair];
        ++allNumbers[number];
    }
    checkMerges(pairs, allPairs);
    checkMerges(numbers, allNumbers);
}

TEST_CASE("hashes at both ends, and many alike, are kept apart", "[partition][combine_table]")
{
    constexpr std::uint64_t top = ~std::uint64_t{0};
    constexpr std::array<std::uint64_t, 7> edges{0, 1, 2, top / 2, top / 2 + 1, top - 1, top};
    for (int copies : {1, 40, 1000}) {
        std::vector<CombineTable<Chosen, long>> tables(2);
        Oracle<Chosen, long> all;
        for (std::size_t t = 0; t < tables.size(); ++t) {
            Oracle<Chosen, long> own;
            for (std::uint64_t hash : edges) {
                for (int i = 0; i < copies; ++i) {
                    addAll(tables[t], own, Chosen{hash, i + static_cast<int>(t) * 10}, 1L);
                }
            }
            REQUIRE(contents(tables[t]) == own);
            for (const auto& [key, value] : own) {
                all[key] += value;
            }
        }
        checkMerges(tables, all);
    }
}

TEST_CASE("hashes of one partition only do not clog a table", "[partition][combine_table]")
{
    // In order, and all within 1/64 of the hashes: what a merged partition sees, without being
    // told.
    CombineTable<Chosen, long> table;
    Oracle<Chosen, long> oracle;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        addAll(table, oracle, Chosen{i << 44, 0}, 1L);
    }
    CHECK(contents(table) == oracle);
}

TEST_CASE("views into a table outlive its being moved", "[partition][combine_table]")
{
    std::plus<> plus;
    std::vector<std::pair<std::string_view, long>> records;
    CombineTable<std::string_view, long> last;
    {
        CombineTable<std::string_view, long> first;
        for (const std::string& key : {std::string{"short"}, std::string(50, 'l'), std::string{}}) {
            first.add(key, 7L, plus); // the key itself dies here
        }
        first.forEach([&](std::string_view key, long value) { records.emplace_back(key, value); });
        CombineTable<std::string_view, long> second{std::move(first)};
        last = std::move(second);
    }
    Oracle<std::string, long> seen(records.begin(), records.end());
    CHECK(seen == Oracle<std::string, long>{{"short", 7}, {std::string(50, 'l'), 7}, {"", 7}});
    CHECK(contents(last).size() == 3);
}

TEST_CASE("a merge leaves the other table as it was", "[partition][combine_table]")
{
    auto join = [](const std::string& a, const std::string& b) { return a + b; };
    CombineTable<std::string, std::string> table, merged;
    table.add("k", "v", join);
    for (int attempt = 0; attempt < 3; ++attempt) {
        merged.merge(table, 0, 1, join);
    }
    CHECK(contents(table) == Oracle<std::string, std::string>{{"k", "v"}});
    CHECK(contents(merged) == Oracle<std::string, std::string>{{"k", "vvv"}});
}

TEST_CASE("a cleared table is empty and serves again", "[partition][combine_table]")
{
    std::plus<> plus;
    CombineTable<std::string, std::string> table{10};
    for (std::size_t keys : {5000UL, 10UL, 0UL, 3UL, 5000UL, 7UL}) {
        Oracle<std::string, std::string> oracle;
        for (std::size_t i = 0; i < keys; ++i) {
            addAll(table, oracle, std::string(i % 40, 'p') + std::to_string(i), std::string{"v"});
        }
        CHECK(contents(table) == oracle);
        table.clear();
        CHECK(table.size() == 0);
        CHECK(contents(table).empty());
    }
    // A merged partition orders by other bits; after clear the whole range of hashes comes again.
    CombineTable<std::string, std::string> source;
    source.add("a", "v", plus);
    table.merge(source, 0, 1, plus);
    table.clear();
    CombineTable<std::string, std::string> again;
    for (int i = 0; i < 100; ++i) {
        table.add(std::to_string(i), "v", plus);
    }
    for (std::size_t p = 0; p < 8; ++p) {
        again.merge(table, p, 8, plus);
    }
    CHECK(contents(again) == contents(table));
}

TEST_CASE(
    "a throwing combine leaves a table that can be cleared", "[partition][combine_table][errors]")
{
    auto fussy = [](const std::string& a, const std::string& b) {
        return b == "bad" ? throw std::domain_error{"bad"} : a + b;
    };
    CombineTable<std::string, std::string> table;
    for (int i = 0; i < 100; ++i) {
        table.add(std::to_string(i) + std::string(static_cast<std::size_t>(i), 'k'), "good", fussy);
    }
    CHECK_THROWS_AS(table.add("0", "bad", fussy), std::domain_error);
    CHECK(table.size() == 100);
    table.clear();
    table.add("0", "good", fussy);
    CHECK(contents(table) == Oracle<std::string, std::string>{{"0", "good"}});
}

TEST_CASE("combine sees the earlier value first", "[partition][combine_table]")
{
    auto keepFirst = [](int first, int) { return first; };
    auto keepLast = [](int, int last) { return last; };
    CombineTable<std::string, int> firsts, lasts;
    for (int i = 1; i <= 3; ++i) {
        firsts.add("k", i, keepFirst);
        lasts.add("k", i, keepLast);
    }
    CHECK(contents(firsts).at("k") == 1);
    CHECK(contents(lasts).at("k") == 3);
}

TEST_CASE("a writer fills a table as single additions do", "[partition][combine_table]")
{
    // Beyond 16,384 places texts wait for memory; growth on the way there, and long keys, come
    // between.
    std::mt19937 random{17};
    auto last = [](long, long b) { return b; };
    for (std::size_t keys : {0UL, 1UL, 20UL, 3000UL, 40'000UL}) {
        CAPTURE(keys);
        CombineTable<std::string, long> table;
        CombineWriter<std::string, long, decltype(last)> writer{last};
        for (std::size_t i = 0; i < 3 * keys; ++i) {
            std::string key = std::to_string(random() % keys);
            if (random() % 8 == 0) { key += " and some more that is long"; }
            table.add(key, static_cast<long>(i), last);
            writer.add(key, static_cast<long>(i));
        }
        REQUIRE(contents(writer.finish()) == contents(table));
    }
}

TEST_CASE("a writer goes on with what a table holds", "[partition][combine_table]")
{
    std::plus<> plus;
    CombineTable<std::string, long> source;
    for (int i = 0; i < 30'000; ++i) {
        source.add(std::to_string(i), 1L, plus);
    }
    CombineTable<std::string, long> merged;
    for (std::size_t p = 0; p < 3; ++p) {
        merged.merge(source, p, 3, plus);
    }

    CombineWriter<std::string, long, std::plus<>> writer{plus, std::move(merged)};
    for (int i = 0; i < 30'000; ++i) {
        writer.add(std::to_string(i), 1L);
    }
    auto seen = contents(writer.finish());
    REQUIRE(seen.size() == 30'000);
    for (const auto& [key, value] : seen) {
        REQUIRE(value == 2);
    }
}

TEST_CASE("a writer takes keys and values of any kind", "[partition][combine_table]")
{
    std::plus<> plus;
    CombineWriter<int, long, std::plus<>> numbers{plus};
    CombineWriter<std::string, std::string, std::plus<>> texts{plus};
    for (int i = 0; i < 60; ++i) {
        numbers.add(i % 3, 1L);
        texts.add(std::to_string(i % 3), std::string{"x"});
    }
    CHECK(contents(numbers.finish()) == Oracle<int, long>{{0, 20}, {1, 20}, {2, 20}});
    CHECK(contents(texts.finish()).at("1") == std::string(20, 'x'));
}

TEST_CASE("entries that were listed lie in the partitions that were named for them",
    "[partition][combine_table]")
{
    std::plus<> plus;
    for (const std::size_t keys : {0U, 1U, 100U, 20'000U}) {
        std::vector<CombineTable<std::string, long>> tables(3);
        Oracle<std::string, long> all;
        std::mt19937 random{7};
        for (std::size_t i = 0; i < 2 * keys; ++i) {
            addAll(tables[i % 3], all, randomKey(random, keys), 1L);
        }
        // Also where one partition has them all, and others none.
        for (const std::size_t spoken : {1U, 2U, 5U}) {
            constexpr std::size_t partitions = 5;
            const auto partitionOf = [&](std::string_view key) { return key.size() % spoken; };
            for (auto& table : tables) {
                const auto own = contents(table);
                table.listBy(partitions, partitionOf);
                REQUIRE(contents(table) == own);
            }
            for (std::size_t p = 0; p < partitions; ++p) {
                CAPTURE(keys, spoken, p);
                Oracle<std::string, long> part;
                for (const auto& [key, value] : all) {
                    if (partitionOf(key) == p) { part.emplace(key, value); }
                }
                CombineTable<std::string, long> merged;
                for (const auto& table : tables) {
                    merged.merge(table, p, partitions, plus);
                }
                REQUIRE(contents(merged) == part);
            }
        }
    }
}

TEST_CASE("a table that is told so takes the keys of one partition as well as any others",
    "[partition][combine_table]")
{
    constexpr std::size_t partitions = 64;
    const sluice::HashPartitioner partitionOf{partitions};
    Oracle<long, long> expected;
    CombineTable<long, long> table;
    table.expectOneOf(partitions);
    sluice::CombineWriter<long, long, std::plus<long>, true> writer{{}, std::move(table)};
    for (long key = 0; key < 2'000'000; ++key) {
        if (partitionOf(key) != 17) { continue; }
        for (const long value : {key, 1L}) {
            writer.add(key, value);
            expected[key] += value;
        }
    }
    table = writer.finish();
    CHECK(contents(table) == expected);
    table.forEachEntry(0, 1, [&](const auto& entry) { REQUIRE(table.find(entry) != nullptr); });
}
