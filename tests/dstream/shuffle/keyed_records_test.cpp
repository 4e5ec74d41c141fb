#include <sluice/algebra/keyed.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/dstream/shuffle/cogroup.hpp>
#include <sluice/dstream/shuffle/combine_by_key.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>

#include "dstream/shuffle/run_streams.hpp"
#include "support/catch.hpp"
#include "support/keyed.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Operators by key mean the same for all records with a key and a value, pairs or not.

using sluice::combineByKey, sluice::DStream, sluice::groupByKey, sluice::reduceByKey;
using sluice::test::Line, sluice::test::Owner, sluice::test::randomPairs, sluice::test::Reading,
    sluice::test::runStreams;
using sluice::testing::Batches, sluice::testing::runBatches;

namespace {
using Pair = std::pair<std::string, long>;

static_assert(std::same_as<decltype(reduceByKey(std::plus{}))::Output<std::tuple<int, long>>,
    std::pair<int, long>>);

/// Records that say the same as the pairs.
template <class Record>
std::vector<Record> as(const std::vector<Pair>& pairs)
{
    std::vector<Record> records;
    for (const auto& [key, value] : pairs) {
        records.push_back(Record{key, value});
    }
    return records;
}

/// What a stream made of one batch, in order and as values that can be compared.
template <class Result>
auto rows(const Result& result)
{
    using Text = std::vector<std::pair<std::string, std::string>>;
    Text out;
    const auto show = [](const auto& part, const auto& self) -> std::string {
        if constexpr (requires { part.first; }) {
            return "(" + self(part.first, self) + "," + self(part.second, self) + ")";
        } else if constexpr (requires { part.has_value(); }) {
            return part ? self(*part, self) : "none";
        } else if constexpr (std::integral<std::remove_cvref_t<decltype(part)>>) {
            return std::to_string(part);
        } else if constexpr (std::convertible_to<decltype(part), std::string_view>) {
            return std::string{part};
        } else {
            std::string all;
            for (const auto& element : part) {
                all += self(element, self) + " ";
            }
            return all;
        }
    };
    CHECK_FALSE(result.failure);
    for (const auto& batch : result.kept) {
        for (const auto& [key, value] : batch) {
            out.emplace_back(key, show(value, show));
        }
    }
    std::ranges::sort(out);
    return out;
}

constexpr auto toSum = [](long value) { return value; };

template <class Record>
void checkEachOperator(std::size_t n)
{
    const Batches<Pair> left{randomPairs(1, 200, 30)};
    const Batches<Pair> right{randomPairs(2, 50, 40)};
    const Batches<Record> left2{as<Record>(left[0])};
    const Batches<Record> right2{as<Record>(right[0])};
    const sluice::testing::RunOptions options{.partitions = n, .parallelism = n};
    const auto same = [&](const auto& op) {
        CHECK(rows(runBatches(left2, op, options)) == rows(runBatches(left, op, options)));
    };
    same(reduceByKey(std::plus{}));
    same(groupByKey());
    same(combineByKey(toSum, std::plus{}, std::plus{}));

    const auto sameOfTwo = [&](auto build) {
        const auto expected = rows(runStreams(options, build, left, right));
        CHECK(rows(runStreams(options, build, left2, right2)) == expected);
        CHECK(rows(runStreams(options, build, left2, right)) == expected); // and mixed
    };
    sameOfTwo([](const auto& a, const auto& b) { return a | sluice::cogroup(b); });
    sameOfTwo([](const auto& a, const auto& b) { return DStream{a | sluice::join(b)}; });
    sameOfTwo([](const auto& a, const auto& b) { return a | sluice::fullOuterJoin(b); });
}
} // namespace

TEST_CASE("operators by key take tuples for pairs", "[dstream][keyed][partitions]")
{
    for (const std::size_t n : {1U, 3U}) {
        CAPTURE(n);
        checkEachOperator<std::tuple<std::string, long>>(n);
    }
}

TEST_CASE("operators by key take classes with the tuple protocol for pairs",
    "[dstream][keyed][partitions]")
{
    for (const std::size_t n : {1U, 3U}) {
        CAPTURE(n);
        checkEachOperator<Reading<std::string, long>>(n);
    }
}

TEST_CASE("operators by key own what they keep of records that make their parts anew",
    "[dstream][keyed][dangling]")
{
    const auto owner = sluice::map([](int x) {
        return Owner<std::string>{std::to_string(x) + " and a text that is long enough"};
    });
    const auto longest = [](std::size_t a, std::size_t b) { return std::max(a, b); };
    const auto length = [](std::string_view text) { return text.size(); };
    const auto longer = [](std::size_t a, std::string_view text) {
        return std::max(a, text.size());
    };
    const std::vector<std::pair<std::string, std::string>> expected{
        {"1", " and a text that is long enough "}, {"2", " and a text that is long enough "}};
    for (const std::size_t n : {1U, 2U}) {
        const Batches<int> in{{1, 2}};
        CHECK(rows(runBatches(in, owner | groupByKey(), {.partitions = n})) == expected);
        const auto lengths = owner | combineByKey(length, longer, longest);
        CHECK(rows(runBatches(in, lengths, {.partitions = n})).front().second == "31");
    }
    CHECK(rows(runBatches(Batches<int>{{}}, owner | groupByKey())).empty());
}

TEST_CASE(
    "a finite range of keyed records is reduced, combined and grouped by key", "[dstream][keyed]")
{
    const std::vector<std::tuple<int, int>> in{{1, 2}, {1, 3}};
    const auto reduced = sluice::evaluate(reduceByKey(std::plus{}), in);
    CHECK(*reduced.begin() == std::pair{1, 5});
    const auto sizes = groupByKey() | sluice::mapValues([](auto values) { return values.size(); });
    CHECK(sluice::evaluate(sizes, in).front() == std::pair{1, std::size_t{2}});
    const auto combined =
        sluice::evaluate(combineByKey([](int x) { return long{x}; }, std::plus{}, std::plus{}), in);
    CHECK(*combined.begin() == std::pair{1, 5L});
}
